"""Says what a trace must be: every span of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from telemetry.testing.comparison import Comparison, ExpectedSpan
from telemetry.testing.model import Kind, Link, Status, Trace


def span(  # noqa: PLR0913  named by keyword
    service: str,
    name: str,
    *children: ExpectedSpan,
    kind: Kind = "INTERNAL",
    status: Status = "UNSET",
    attributes: Mapping[str, object] | None = None,
    links: Sequence[Link] = (),
    exceptions: Sequence[str] = (),
    in_any_order: bool = False,
) -> ExpectedSpan:
    """Say what a span must be; see `ExpectedSpan`."""
    return ExpectedSpan(
        service, name, children, kind, status, attributes or {}, tuple(links), tuple(exceptions), in_any_order
    )


def expect(trace: Trace, *roots: ExpectedSpan, every: Mapping[str, object] | None = None) -> None:
    """Compare a whole trace: these roots, what they caused, and nothing else.

    Args:
        trace: What was fetched.
        roots: What must be there, in the order of their start.
        every: Attributes that every span must have.

    Raises:
        AssertionError: It differs; shows both trees as one, with what is missing, what is too much, and what differs.
    """
    __tracebackhide__ = True
    wanted = tuple(_with_attributes(root, every or {}) for root in roots)
    differences, lines = Comparison(trace).of(wanted)
    if differences:
        count = "1 difference" if differences == 1 else f"{differences} differences"
        shown = "\n".join(lines)
        raise AssertionError(f"trace {trace.trace_id} is not what was expected: {count}\n{shown}")


def _with_attributes(wanted: ExpectedSpan, every: Mapping[str, object]) -> ExpectedSpan:
    children = tuple(_with_attributes(child, every) for child in wanted.children)
    return replace(wanted, children=children, attributes={**every, **wanted.attributes})
