from __future__ import annotations

from collections.abc import Callable

from console.model import Span, Status, trace_of

MakeSpan = Callable[..., Span]


def test_a_trace_knows_its_bounds_services_tenants_and_errors(make_span: MakeSpan) -> None:
    trace = trace_of(
        [
            make_span(span=2, parent=1, start=5, duration=20, service="b", status=Status.ERROR),
            make_span(span=1, start=1, duration=10, service="a", attributes={"tenant.id": "acme"}),
        ]
    )
    assert trace.duration == 24_000_000
    assert trace.services == ("a", "b")
    assert trace.tenants == ("acme",)
    assert trace.errors == 1


def test_a_span_that_ends_before_it_starts_takes_no_time(make_span: MakeSpan) -> None:
    trace = trace_of([make_span(duration=-5)])
    assert (trace.duration, trace.spans[0].duration) == (0, 0)


def test_the_root_is_the_first_span_without_a_parent(make_span: MakeSpan) -> None:
    orphan, early, root = make_span(span=1, parent=99), make_span(span=2, parent=3), make_span(span=3, start=5)
    assert trace_of([orphan, early, root]).root is root
    assert trace_of([early, orphan]).root is orphan
    loop = [make_span(span=4, parent=5, start=1), make_span(span=5, parent=4)]
    assert trace_of(loop).root is loop[1]
