"""How often a span is there, and in which order siblings are."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from expectation_traces import failing, order_trace

from tracetest import descendant, exactly, no, parallel, span, unordered


class TestNumbers:
    @pytest.mark.parametrize(("count", "at_least", "at_most"), [(3, None, None), (None, 2, None), (None, 0, 3)])
    def test_within_bounds_pass(
        self, made: Any, trace_of: Any, count: int | None, at_least: int | None, at_most: int | None
    ) -> None:
        trace = trace_of(made("user", "root", *(made("user", "SELECT users") for _ in range(3))))
        select = span("user", "SELECT users").times(count, at_least=at_least or 0, at_most=at_most)

        trace.expect(select, span("user", "root") > select, span("user", "root", exactly(select)))

    @pytest.mark.parametrize("world", [lambda it: it, exactly])
    def test_too_few_fail(self, made: Any, trace_of: Any, world: Any) -> None:
        trace = trace_of(made("user", "root", made("user", "SELECT users")))

        text = failing(trace, span("user", "root", world(span("user", "SELECT users").times(2))))

        assert "user  SELECT users is expected, but not there" in text

    def test_too_many_fail_in_an_open_world_too(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("user", "root", *(made("user", "SELECT users") for _ in range(4))))
        once = span("user", "SELECT users").times(1)

        assert "user SELECT users is there 4 times in user root, expected 1" in failing(
            trace, span("user", "root") > once
        )
        assert "user SELECT users is there 4 times in the trace, expected 1" in failing(trace, once)

    @pytest.mark.parametrize("bounds", [{"count": -1}, {"at_least": 3, "at_most": 2}])
    def test_bounds_that_nothing_can_keep_are_refused(self, bounds: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="expected 0 <= at_least <= at_most"):
            span("user", "SELECT users").times(**bounds)

    def test_what_must_not_be_there_fails_where_it_is(self, made: Any, trace_of: Any) -> None:
        trace = order_trace(made, trace_of)

        trace.expect(no(span("order", "SELECT orders")), span("order", "GetUser") > no(span("order", "INSERT orders")))

        assert "order INSERT orders is there once in the trace, expected none" in failing(
            trace, no(span("order", "INSERT orders"))
        )
        assert "is there once in order CreateOrder" in failing(
            trace, span("order", "CreateOrder") > no(span("order", "INSERT orders"))
        )
        assert "is there once in all below order CreateOrder" in failing(
            trace, span("order", "CreateOrder") >> no(span("user", "GetUser"))
        )

    def test_what_must_not_be_there_may_be_there_with_other_attributes(self, made: Any, trace_of: Any) -> None:
        order_trace(made, trace_of).expect(no(span("order", "INSERT orders", attributes={"db.system.name": "mysql"})))


class TestAnyOrder:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_siblings_may_start_in_any_order(self, made: Any, trace_of: Any, order: tuple[int, ...]) -> None:
        children = [made("order", "read", attributes={"part": part}) for part in order]
        trace = trace_of(made("order", "root", *children))
        parts = [
            span("order", "read"),  # fits them all, and so must leave the others theirs
            span("order", "read", attributes={"part": 1}),
            span("order", "read", attributes={"part": 2}),
        ]

        trace.expect(span("order", "root", unordered(*parts)), exactly(span("order", "root", unordered(*parts))))

        strict = span("order", "read", attributes={"part": 3})
        text = failing(trace, exactly(span("order", "root", unordered(*parts[1:], strict))))
        assert "attribute part is 0, expected 3" in text

    def test_one_too_much_and_one_missing_are_told(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "GetUser"), made("order", "INSERT orders")))

        text = failing(
            trace,
            exactly(span("order", "root", unordered(span("order", "INSERT orders"), span("user", "SELECT users")))),
        )

        assert "order  GetUser  INTERNAL is there, but not expected, under order root" in text
        assert "user  SELECT users is expected, but not there" in text

    def test_what_comes_after_them_comes_after_all_of_them(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "b"), made("order", "a"), made("order", "c")))
        a, b, c = (span("order", name) for name in "abc")

        trace.expect(span("order", "root", unordered(a, b), c))

        failing(trace, span("order", "root", unordered(a, c), b))

    def test_parallel_work_overlaps(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "b", duration=3), made("order", "a", duration=3)))

        trace.expect(span("order", "root") > parallel(span("order", "a"), span("order", "b")))
        trace.expect(exactly(span("order", "root", parallel(span("order", "a"), span("order", "b")))))

    def test_work_one_after_the_other_is_not_parallel(self, made: Any, trace_of: Any) -> None:
        trace = trace_of(made("order", "root", made("order", "a"), made("order", "b")))

        text = failing(trace, span("order", "root") > parallel(span("order", "a"), span("order", "b")))

        assert "order b began when order a had ended, expected to run in parallel" in text


@pytest.mark.parametrize("make", [no, parallel, unordered, descendant])
def test_what_is_about_no_span_is_refused(make: Any) -> None:
    with pytest.raises(TypeError, match="expected span"):
        make(exactly(span("order", "root")))


def test_what_is_no_expectation_is_refused(made: Any, trace_of: Any) -> None:
    with pytest.raises(TypeError, match="'root': expected span"):
        trace_of(made("order", "root")).expect("root")
