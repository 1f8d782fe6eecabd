"""Two traces side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.analysis.compare import Change, ComparedRow, compare
from console.analysis.forest import forest
from console.jaeger.params import ParameterError, trace_id
from console.model import Span, Trace
from console.pages.render import Renderer
from console.store import TraceFilter, TraceStore

_CANDIDATES = 20
_DEEPEST = 16
_WORDS = {
    Change.NEW: "new",
    Change.GONE: "gone",
    Change.SLOWER: "slower",
    Change.FASTER: "faster",
    Change.BROKE: "fails now",
    Change.FIXED: "fails no more",
}
_TONES = {"gone": "failed", "slower": "warned", "faster": "good", "fails now": "failed", "fails no more": "good"}


@dataclass(frozen=True, slots=True)
class RowView:
    """A span of either trace or of both; ``difference`` is in nanoseconds, and None where there are not two."""

    span: Span
    before: Span | None
    after: Span | None
    depth: int
    change: Change
    word: str
    difference: int | None


class ComparePages:
    """Shows what is new, gone or slower from one trace to another."""

    def __init__(self, store: TraceStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Make its route; the handler runs in a worker thread."""
        return [Route("/compare", self.show)]

    def show(self, request: Request) -> Response:
        """Show trace ``a`` beside trace ``b``; as long as one is missing, show what it could be."""
        given = {side: request.query_params.get(side, "").strip() for side in ("a", "b")}
        before, after = (self._trace(given[side]) for side in ("a", "b"))
        rows = [_view(row) for row in compare(forest(before), forest(after))] if before and after else []
        return self._renderer.page(
            request,
            "compare.html",
            given=given,
            before=before,
            after=after,
            rows=rows,
            tones=defaultdict(str, _TONES),
            counts=Counter(row.word for row in rows if row.word),
            longest=max((span.duration for row in rows for span in (row.before, row.after) if span), default=0),
            candidates=self._candidates(before or after) if not rows else [],
            given_side="b" if before else "a",
        )

    def _trace(self, given: str) -> Trace | None:
        try:
            return self._store.trace(trace_id(given))
        except ParameterError:
            return None

    def _candidates(self, one: Trace | None) -> list[object]:
        """Give traces of the same name: those that it makes sense to compare with."""
        if one is None:
            return list(self._store.page(limit=_CANDIDATES).traces)
        found = self._store.page(TraceFilter(service=one.root.service), limit=10 * _CANDIDATES).traces
        alike = [each for each in found if each.name == one.root.name and each.trace_id != one.trace_id]
        return list(alike[:_CANDIDATES])


def _view(row: ComparedRow) -> RowView:
    span = row.after or row.before
    if span is None:
        raise ValueError("a row has a span of at least one trace")
    difference = row.after.duration - row.before.duration if row.before and row.after else None
    return RowView(
        span=span,
        before=row.before,
        after=row.after,
        depth=min(row.depth, _DEEPEST),
        change=row.change,
        word=_WORDS.get(row.change, ""),
        difference=difference,
    )
