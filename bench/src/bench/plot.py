"""The figures as a picture: a bar a variant, in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.summary import Spread

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 860, 270, 90, 58, 34
_BAR = 18
_STEPS = (100, 200, 500, 1000, 2000, 5000)
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One variant: its label, its CPU microseconds a request, and whether it is ours."""

    label: str
    cpu: Spread
    ours: bool


def draw(bars: Sequence[Bar], base: float, title: str) -> str:
    """Give the SVG; the part of each bar up to `base`, the untraced request, is grey."""
    most = max(bar.cpu.high for bar in bars) * 1.02
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    height = _TOP + _ROW * len(bars) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        '<g font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="16" fill="#1f2328">{escape(title)}</text>',
        *_axis(most, scale, _TOP + _ROW * len(bars)),
    ]
    for row, bar in enumerate(bars):
        lines.extend(_bar(bar, base, scale, _TOP + _ROW * row))
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _axis(most: float, scale: float, bottom: int) -> list[str]:
    step = next((step for step in _STEPS if most / step <= _MOST_LINES), _STEPS[-1])
    lines = []
    for value in range(0, int(most) + 1, step):
        x = _LEFT + value * scale
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}" stroke="#d8dee4"/>')
        lines.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#57606a">{value}</text>')
    middle = _LEFT + most * scale / 2
    label = (
        "CPU microseconds a request, three processes together; the whiskers go from the least to the greatest launch"
    )
    lines.append(
        f'<text x="{middle:.0f}" y="{bottom + 34}" text-anchor="middle" fill="#57606a" font-size="11">{label}</text>'
    )
    return lines


def _bar(bar: Bar, base: float, scale: float, top: int) -> list[str]:
    y, middle = top + (_ROW - _BAR) / 2, top + _ROW / 2
    plain = min(bar.cpu.middle, base) * scale
    added = max(0.0, bar.cpu.middle - base) * scale
    colour = "#1a7f64" if bar.ours else "#c4562a"
    low, high = _LEFT + bar.cpu.low * scale, _LEFT + bar.cpu.high * scale
    return [
        f'<text x="{_LEFT - 10}" y="{middle + 4:.0f}" text-anchor="end" fill="#1f2328">{escape(bar.label)}</text>',
        f'<rect x="{_LEFT}" y="{y:.0f}" width="{plain:.1f}" height="{_BAR}" fill="#afb8c1"/>',
        f'<rect x="{_LEFT + plain:.1f}" y="{y:.0f}" width="{added:.1f}" height="{_BAR}" fill="{colour}"/>',
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.0f}" y2="{middle:.0f}" stroke="#1f2328"/>',
        *(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 4:.0f}" y2="{middle + 4:.0f}" stroke="#1f2328"/>'
            for x in (low, high)
        ),
        f'<text x="{high + 8:.1f}" y="{middle + 4:.0f}" fill="#1f2328">{bar.cpu.middle:.0f}</text>',
    ]
