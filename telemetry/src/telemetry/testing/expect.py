"""Says what a trace must be, and shows both trees where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from telemetry.testing.model import Kind, Span, Status, Trace

_MARK, _NO_MARK = ">", " "


@dataclass(frozen=True, slots=True)
class ExpectedSpan:
    """What one span must be, and all that it must have caused; made by `span`.

    Attributes:
        service: Its service.
        name: Its name.
        children: In the order of their start; there may be no others.
        kind: None when any will do.
        status: How it must have ended.
        attributes: What it must have among its attributes. A value may be a matcher with an ``==`` of its own.
    """

    service: str
    name: str
    children: tuple[ExpectedSpan, ...] = ()
    kind: Kind | None = None
    status: Status = "UNSET"
    attributes: Mapping[str, object] = field(default_factory=dict)


def span(
    service: str,
    name: str,
    *children: ExpectedSpan,
    kind: Kind | None = None,
    status: Status = "UNSET",
    attributes: Mapping[str, object] | None = None,
) -> ExpectedSpan:
    """Say what a span must be; see `ExpectedSpan`."""
    return ExpectedSpan(service, name, children, kind, status, attributes or {})


def expect(trace: Trace, expected: ExpectedSpan, *, every: Mapping[str, object] | None = None) -> None:
    """Compare a whole trace: one root, these spans, and nothing else.

    Args:
        trace: What was fetched.
        expected: What must be there.
        every: Attributes that every span must have.

    Raises:
        AssertionError: It differs; shows the first difference and both trees.
    """
    __tracebackhide__ = True
    difference = _first_difference(trace, expected, every or {})
    if difference is not None:
        raise AssertionError(_explain(trace, expected, difference))


@dataclass(frozen=True, slots=True)
class _Difference:
    what: str
    path: tuple[str, ...] = ()
    expected: ExpectedSpan | None = None
    seen: Span | None = None


def _first_difference(trace: Trace, expected: ExpectedSpan, every: Mapping[str, object]) -> _Difference | None:
    if (difference := _between_children((expected,), trace.roots, trace, ())) is not None:
        return difference
    for each in trace:
        if what := _in_attributes(each, every):
            return _Difference(f"every span: {what}", (_title(each),), None, each)
    return None


def _between_children(
    expected: tuple[ExpectedSpan, ...], seen: list[Span], trace: Trace, path: tuple[str, ...]
) -> _Difference | None:
    for index in range(max(len(expected), len(seen))):
        if index >= len(seen):
            return _Difference("expected, but not there", (*path, _title(expected[index])), expected[index])
        if index >= len(expected):
            return _Difference("there, but not expected", (*path, _title(seen[index])), None, seen[index])
        if (difference := _between(expected[index], seen[index], trace, path)) is not None:
            return difference
    return None


def _between(expected: ExpectedSpan, seen: Span, trace: Trace, path: tuple[str, ...]) -> _Difference | None:
    here = (*path, _title(seen))
    for what in _in_itself(expected, seen):
        return _Difference(what, here, expected, seen)
    return _between_children(expected.children, trace.children(seen), trace, here)


def _in_itself(expected: ExpectedSpan, seen: Span) -> Iterator[str]:
    if (expected.service, expected.name) != (seen.service, seen.name):
        yield f"expected {_title(expected)}"
    if expected.kind not in (None, seen.kind):
        yield f"kind {seen.kind}, expected {expected.kind}"
    if expected.status != seen.status:
        said = f" ({seen.status_message})" if seen.status_message else ""
        yield f"status {seen.status}{said}, expected {expected.status}"
    if what := _in_attributes(seen, expected.attributes):
        yield what


def _in_attributes(seen: Span, expected: Mapping[str, object]) -> str:
    for key, value in expected.items():
        if key not in seen.attributes:
            return f"no attribute {key}, expected {value!r}"
        if value != seen.attributes[key]:
            return f"{key}={seen.attributes[key]!r}, expected {value!r}"
    return ""


def _explain(trace: Trace, expected: ExpectedSpan, difference: _Difference) -> str:
    lines = [f"trace {trace.trace_id} is not what was expected"]
    lines += [f"  {'  ' * depth}{title}" for depth, title in enumerate(difference.path)]
    lines.append(f"  {'  ' * len(difference.path)}{difference.what}")
    lines += ["expected:", *_draw_expected(expected, difference.expected)]
    lines += ["seen:", *_draw_seen(trace, difference.seen)]
    return "\n".join(lines)


def _draw_expected(root: ExpectedSpan, marked: ExpectedSpan | None, depth: int = 0) -> Iterator[str]:
    yield _line(root, root.kind, root.status, depth, is_marked=root is marked)
    for child in root.children:
        yield from _draw_expected(child, marked, depth + 1)


def _draw_seen(trace: Trace, marked: Span | None) -> Iterator[str]:
    for root in trace.roots:
        yield from _draw_span(trace, root, marked, 0)


def _draw_span(trace: Trace, root: Span, marked: Span | None, depth: int) -> Iterator[str]:
    yield _line(root, root.kind, root.status, depth, is_marked=root is marked)
    for child in trace.children(root):
        yield from _draw_span(trace, child, marked, depth + 1)


def _line(of: ExpectedSpan | Span, kind: Kind | None, status: Status, depth: int, *, is_marked: bool) -> str:
    words = [_title(of), kind or "", "" if status == "UNSET" else status]
    return f"{_MARK if is_marked else _NO_MARK} {'  ' * depth}{'  '.join(filter(None, words))}"


def _title(of: ExpectedSpan | Span) -> str:
    return f"{of.service} {of.name}"
