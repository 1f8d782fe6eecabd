"""A change of a trace is told in the words of a review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetest import Event, GoldenError, GoldenFolder, Link, Trace
from tracetest.golden.changes import changes
from tracetest.golden.signature import Node, Signature

ACME = {"tenant.id": "acme"}
SELECT: dict[str, Any] = {"kind": "CLIENT", "attributes": ACME}


class Order:
    """Makes the trace of an order, changed in one way."""

    def __init__(self, made: Any, trace_of: Any) -> None:
        self.made = made
        self.trace_of = trace_of

    def __call__(self, *more: Any, selects: int = 1, insert: dict[str, Any] | None = None, **root: Any) -> Trace:
        queries = [self.made("user", "SELECT users", **SELECT) for _ in range(selects)]
        served = self.made("user", "shop.user.v1.UserService/GetUser", *queries, kind="SERVER", attributes=ACME)
        asked = self.made("order", "shop.user.v1.UserService/GetUser", served, kind="CLIENT", attributes=ACME)
        insert_fields = {"kind": "CLIENT", "attributes": ACME} | (insert or {})
        inserted = self.made("order", "INSERT orders", **insert_fields)
        root_fields = {"kind": "SERVER", "attributes": ACME} | root
        trace: Trace = self.trace_of(
            self.made("order", "shop.order.v1.OrderService/CreateOrder", asked, inserted, *more, **root_fields)
        )
        return trace


@pytest.fixture
def order(made: Any, trace_of: Any) -> Order:
    return Order(made, trace_of)


def told(before: Trace, now: Trace) -> list[str]:
    """Compare as the files do."""
    return changes(Signature.parse(Signature.of(before).text), Signature.of(now))


def test_a_signature_is_a_line_a_span(order: Order) -> None:
    assert Signature.of(order(selects=3)).text.splitlines() == [
        "# on every span but those marked: tenant.id",
        "order  shop.order.v1.OrderService/CreateOrder  SERVER",
        "  order  shop.user.v1.UserService/GetUser  CLIENT",
        "    user  shop.user.v1.UserService/GetUser  SERVER",
        "      user  SELECT users  CLIENT  ×3",  # noqa: RUF001  it is a multiplication sign
        "  order  INSERT orders  CLIENT",
    ]


def test_the_same_trace_has_not_changed(order: Order) -> None:
    assert told(order(), order()) == []


class TestAChange:
    def test_of_numbers_is_an_n_plus_1(self, order: Order) -> None:
        assert told(order(), order(selects=4)) == ["+3 SELECT users under GetUser: an N+1"]
        assert told(order(selects=4), order()) == ["-3 SELECT users under GetUser"]

    def test_by_one_is_none(self, order: Order) -> None:
        assert told(order(), order(selects=2)) == ["+1 SELECT users under GetUser"]

    def test_by_a_new_call_is_told_with_its_hop_and_without_what_is_below(self, order: Order, made: Any) -> None:
        served = made("user", "shop.user.v1.UserService/ListUsers", made("user", "SELECT users", **SELECT), **SELECT)
        call = made("order", "shop.user.v1.UserService/ListUsers", served, **SELECT)

        assert told(order(), order(call)) == ["+1 ListUsers under CreateOrder", "+1 hop order→user"]

    def test_by_a_call_that_is_gone(self, order: Order, made: Any, trace_of: Any) -> None:
        without = trace_of(
            made(
                "order",
                "shop.order.v1.OrderService/CreateOrder",
                made("order", "INSERT orders", **SELECT),
                kind="SERVER",
                attributes=ACME,
            )
        )

        assert told(order(), without) == ["-1 GetUser under CreateOrder", "-1 hop order→user"]

    @pytest.mark.parametrize(
        ("insert", "words"),
        [
            ({"status": "ERROR"}, "INSERT orders under CreateOrder has ERROR"),
            ({"kind": "INTERNAL"}, "INSERT orders under CreateOrder is INTERNAL, was CLIENT"),
            ({"attributes": {}}, "lost tenant.id on 1 span"),
            (
                {"events": (Event("exception", {"exception.type": "KeyError"}),)},
                "INSERT orders under CreateOrder has exception KeyError",
            ),
            ({"links": (Link("aa", "bb"),)}, "INSERT orders under CreateOrder has 1 links"),
        ],
    )
    def test_of_one_span(self, order: Order, insert: dict[str, Any], words: str) -> None:
        assert told(order(), order(insert=insert)) == [words]

    def test_back_is_told_the_other_way_round(self, order: Order) -> None:
        failing = order(insert={"status": "ERROR", "attributes": {}})

        assert told(failing, order()) == [
            "INSERT orders under CreateOrder has no longer ERROR",
            "gained tenant.id on 1 span",
        ]

    def test_that_takes_an_attribute_from_all_spans(self, made: Any, trace_of: Any) -> None:
        bare = trace_of(made("order", "root"), made("order", "other"))
        with_tenant = trace_of(made("order", "root", attributes=ACME), made("order", "other", attributes=ACME))

        assert told(with_tenant, bare) == ["lost tenant.id on 2 spans"]
        assert told(bare, with_tenant) == ["gained tenant.id on 2 spans"]

    def test_of_order_is_told_with_both_orders(self, made: Any, trace_of: Any) -> None:
        one = trace_of(made("order", "root", made("order", "a"), made("order", "b")))
        other = trace_of(made("order", "root", made("order", "b"), made("order", "a")))

        assert told(one, other) == ["the order under root is b, a; was a, b"]

    def test_of_the_order_of_parallel_work_is_none(self, made: Any, trace_of: Any) -> None:
        traces = [
            trace_of(made("order", "root", *(made("order", name, duration=9) for name in names)))
            for names in ("abc", "cba", "bca")
        ]

        assert told(traces[0], traces[1]) == told(traces[0], traces[2]) == []


class TestAFolder:
    def test_is_written_when_asked_and_then_compared(self, order: Order, tmp_path: Path) -> None:
        GoldenFolder(tmp_path / "golden", update=True).check(order(), "create-order")

        GoldenFolder(tmp_path / "golden").check(order(), "create-order")

        with pytest.raises(GoldenError) as caught:
            GoldenFolder(tmp_path / "golden").check(order(selects=4), "create-order")
        assert "+3 SELECT users under GetUser: an N+1" in str(caught.value)
        assert "create-order.txt; --update-golden takes it over" in str(caught.value)

    def test_without_the_file_says_how_to_get_it(self, order: Order, tmp_path: Path) -> None:
        with pytest.raises(GoldenError, match=r"there is no golden trace .*: --update-golden writes it"):
            GoldenFolder(tmp_path).check(order(), "create-order")

    @pytest.mark.parametrize("name", ["", "../order", "a b", "Order"])
    def test_takes_names_of_files_alone(self, order: Order, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="expected a-z, 0-9"):
            GoldenFolder(tmp_path, update=True).check(order(), name)


def test_what_no_signature_is_is_refused() -> None:
    with pytest.raises(ValueError, match="two spaces deeper than what caused it"):
        Signature.parse("order  root  SERVER\n      order  child  CLIENT\n")


names = st.text(st.characters(codec="ascii", exclude_characters="\n\r", categories=("L", "N", "P")), min_size=1)
nodes = st.recursive(
    st.builds(Node, names, names, st.sampled_from(["SERVER", "CLIENT"]), st.just(()), st.integers(1, 5), st.just(())),
    lambda inner: st.builds(
        Node,
        names,
        names,
        st.just("SERVER"),
        st.lists(st.sampled_from(["ERROR", "2 links"]), unique=True).map(tuple),
        st.integers(1, 3),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=8,
)


@given(st.lists(nodes, min_size=1, max_size=3).map(tuple), st.sampled_from([(), ("tenant.id",)]))
def test_what_is_written_is_read_again(roots: tuple[Node, ...], tracked: tuple[str, ...]) -> None:
    signature = Signature(tuple(root for root in roots if not root.service.startswith("#")), tracked)

    assert Signature.parse(signature.text) == signature
    assert changes(signature, Signature.parse(signature.text)) == []
