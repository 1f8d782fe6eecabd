"""Draws a trace as a waterfall in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from console.model import Trace
from console.terminal import visible
from console.tree import Row, count_text, duration_text, failure_text, rows, short_name, started_text, status_text

_PALETTE = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")
_NARROWEST_BAR, _GOOD_BAR, _WIDEST_BAR = 12, 24, 60
_NARROWEST_LABEL, _WIDEST_STATUS = 16, 20
_GAP = 2


@dataclass(frozen=True, slots=True)
class _Glyphs:
    tee: str
    corner: str
    pipe: str
    cell: str
    right_half: str
    left_half: str
    failed: str
    dot: str
    ellipsis: str


_UNICODE = _Glyphs("├ ", "└ ", "│ ", "━", "╺", "╸", "✗", "·", "…")
_ASCII = _Glyphs("|-", "`-", "| ", "=", "=", "=", "x", "-", "...")


def draw(trace: Trace, console: Console, *, max_rows: int = 200) -> None:
    """Print a trace: a line of title, then one line a span with its bar in time, and why it failed where it did.

    Uses the console's width and leaves the bars out when there is no room for them. Falls back to ASCII where the
    console's encoding asks for it. Control characters in names are made visible, so that a span cannot command the
    terminal. Rows after ``max_rows`` are counted, not shown.
    """
    _Drawing(trace, console, max_rows).print()


class _Drawing:
    def __init__(self, trace: Trace, console: Console, max_rows: int) -> None:
        self._trace = trace
        self._console = console
        self._glyphs = _ASCII if console.options.ascii_only else _UNICODE
        self._rows = rows(trace)
        self._shown = self._rows[:max_rows]
        self._total = max(1, trace.duration)
        self._short = False
        self._colours = {name: _PALETTE[i % len(_PALETTE)] for i, name in enumerate(trace.services)}
        self._measure()

    def print(self) -> None:
        for line in self._title():
            self._line(line)
        self._line(Text(self._ascii(f"trace {self._trace.trace_id}"), style="dim"))
        if self._bar:
            self._line(self._axis())
        for row in self._shown:
            self._line(self._row(row))
            reason = failure_text(row.span)
            if reason:
                self._line(self._reason(row, reason))
        left = len(self._rows) - len(self._shown)
        if left:
            self._line(Text(f"and {left} more spans", style="dim"))

    def _measure(self) -> None:
        """Share the width out: status and duration get what they need, then the label, and the bar what is left.

        Names lose their package when the bar would become short, and the bar goes when it would become too short.
        """
        shown = self._shown
        statuses = (cell_len(self._safe(status_text(row.span))) for row in shown)
        self._status = min(_WIDEST_STATUS, max(statuses, default=0))
        self._duration = max((len(duration_text(row.span.duration)) for row in shown), default=0)
        free = self._console.width - self._status - self._duration - 2 * _GAP
        self._short = self._longest_label() > free - _GAP - _GOOD_BAR
        longest = max(_NARROWEST_LABEL, self._longest_label())
        self._bar = min(_WIDEST_BAR, free - _GAP - min(longest, max(_NARROWEST_LABEL, free - _GAP - _NARROWEST_BAR)))
        if self._bar < _NARROWEST_BAR:
            self._bar = 0
        self._label_width = max(1, min(longest, free - (_GAP + self._bar if self._bar else 0)))

    def _longest_label(self) -> int:
        return max((self._label(row).cell_len for row in self._shown), default=0)

    def _line(self, text: Text) -> None:
        text.rstrip()
        text.truncate(self._console.width, overflow="crop")
        self._console.print(text, no_wrap=True, overflow="crop", highlight=False, soft_wrap=True)

    def _title(self) -> list[Text]:
        """Name and facts in one line if they fit, else in two; the later facts go first when there is no room."""
        name = Text(self._safe(self._trace.root.name) or "(no name)", style="bold")
        facts = self._facts()
        joined = [self._joined(facts[:count]) for count in range(len(facts), 0, -1)]
        if name.cell_len + 2 + joined[0].cell_len <= self._console.width:
            return [Text.assemble(name, "  ", joined[0])]
        fitting = next((text for text in joined if text.cell_len <= self._console.width), joined[-1])
        return [self._fit(name, self._console.width), fitting]

    def _facts(self) -> list[Text]:
        trace = self._trace
        facts = [Text(self._ascii(duration_text(trace.duration)))]
        if trace.errors:
            facts.append(Text(count_text(trace.errors, "error"), style="bold red"))
        facts += [Text(count_text(len(trace.spans), "span")), Text(count_text(len(trace.services), "service"))]
        if trace.tenants:
            facts.append(Text(self._safe(f"tenant {', '.join(trace.tenants)}")))
        return [*facts, Text(started_text(trace))]

    def _joined(self, facts: list[Text]) -> Text:
        return Text(f" {self._glyphs.dot} ").join(facts)

    def _axis(self) -> Text:
        total = self._ascii(duration_text(self._trace.duration))
        left = " " * (self._label_width + self._status + self._duration + 3 * _GAP)
        return Text(left + "0" + total.rjust(self._bar - 1), style="dim")

    def _row(self, row: Row) -> Text:
        span = row.span
        line = self._fit(self._label(row), self._label_width)
        colour = "bold red" if span.failed else "dim"
        line.append("  ").append_text(self._fit(Text(self._safe(status_text(span)), colour), self._status))
        line.append("  ").append(self._ascii(duration_text(span.duration)).rjust(self._duration))
        if self._bar:
            line.append("  ").append_text(self._bar_of(row))
        return line

    def _label(self, row: Row) -> Text:
        span = row.span
        label = Text().append(self._guides(row), "dim")
        if span.failed:
            label.append(f"{self._glyphs.failed} ", "bold red")
        label.append(self._safe(span.service), self._colours[span.service]).append(" ")
        name = short_name(span.name) if self._short else span.name
        return label.append(self._safe(name), "bold" if span.failed else "")

    def _guides(self, row: Row) -> str:
        if not row.more:
            return ""
        above = "".join(self._glyphs.pipe if more else "  " for more in row.more[:-1])
        return above + (self._glyphs.tee if row.more[-1] else self._glyphs.corner)

    def _reason(self, row: Row, reason: str) -> Text:
        above = "".join(self._glyphs.pipe if more else "  " for more in row.more)
        line = Text().append(above + "  ", "dim")
        line.append(self._safe(reason), "red")
        return self._fit(line, self._console.width)

    def _bar_of(self, row: Row) -> Text:
        """Draw the bar to the half of a cell; the shortest span is half a cell long."""
        halves, total = self._bar * 2, self._total
        first = min(halves - 1, row.offset * halves // total)
        last = max(first + 1, min(halves, -(-(row.offset + row.span.duration) * halves // total)))
        cells = [" "] * self._bar
        for index in range(first // 2, (last + 1) // 2):
            begins, ends = first <= index * 2, last >= index * 2 + 2
            cells[index] = self._glyphs.cell if begins and ends else self._half(at_left=begins)
        return Text("".join(cells), style="red" if row.span.failed else self._colours[row.span.service])

    def _half(self, *, at_left: bool) -> str:
        return self._glyphs.left_half if at_left else self._glyphs.right_half

    def _fit(self, text: Text, width: int) -> Text:
        if text.cell_len > width:
            ellipsis = self._glyphs.ellipsis
            text.truncate(max(0, width - len(ellipsis)), overflow="crop")
            text.append(ellipsis)
        text.pad_right(max(0, width - text.cell_len))
        return text

    def _safe(self, text: str) -> str:
        return self._ascii(visible(text))

    def _ascii(self, text: str) -> str:
        if self._glyphs is not _ASCII:
            return text
        return text.replace("µ", "u").encode("ascii", "replace").decode("ascii")
