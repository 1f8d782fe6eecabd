from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_service.domain import (
    MAX_AMOUNT,
    MAX_ITEMS,
    MAX_QUANTITY,
    InvalidArgument,
    Money,
    Order,
    OrderDraft,
    OrderId,
    OrderItem,
    OrderStatus,
    UserId,
    parse_after_version,
    parse_order_id,
    parse_user_id,
    total,
)

USER = UserId(UUID(int=1))
TEA = OrderItem("tea", 2, Money(350, "EUR"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEMS = st.lists(
    st.builds(
        OrderItem,
        sku=st.from_regex(r"[!-~]{1,64}", fullmatch=True),
        quantity=st.integers(1, MAX_QUANTITY),
        unit_price=st.builds(Money, st.integers(0, 10**12), st.just("EUR")),
    ),
    min_size=1,
    max_size=MAX_ITEMS,
)


def draft(items: tuple[OrderItem, ...] = (TEA,), key: str = "key-1", user_id: UserId = USER) -> OrderDraft:
    return OrderDraft(user_id, items, key)


def cancelled() -> Order:
    placed = Order.place(draft(), OrderId(UUID(int=2)), NOON)
    return replace(placed, status=OrderStatus.CANCELLED, version=2, updated_at=NOON + timedelta(hours=1))


class TestMoney:
    @pytest.mark.parametrize("amount", [0, 1, MAX_AMOUNT])
    def test_of_any_amount_that_int64_holds_is_kept(self, amount: int) -> None:
        assert Money(amount, "EUR").amount_minor == amount

    @pytest.mark.parametrize("amount", [-1, MAX_AMOUNT + 1, -(2**63)])
    def test_below_zero_or_beyond_int64_is_refused(self, amount: int) -> None:
        with pytest.raises(InvalidArgument, match=f"amount_minor={amount}: expected 0 to {MAX_AMOUNT}"):
            Money(amount, "EUR")

    @pytest.mark.parametrize("currency", ["", "eur", "EURO", "EU", "ÄÖÜ", "EUR\n"])
    def test_of_what_is_no_currency_is_refused(self, currency: str) -> None:
        with pytest.raises(InvalidArgument, match=r"currency=.*: expected three upper-case letters"):
            Money(1, currency)


class TestOrderItem:
    @pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
    def test_of_none_or_too_many_is_refused(self, quantity: int) -> None:
        with pytest.raises(InvalidArgument, match=f"quantity={quantity}: expected 1 to 1000"):
            OrderItem("tea", quantity, Money(1, "EUR"))

    @pytest.mark.parametrize("sku", ["", "a b", "täe", "x" * 65, "tea\n"])
    def test_without_a_proper_sku_is_refused(self, sku: str) -> None:
        with pytest.raises(InvalidArgument, match=r"sku=.*: expected 1 to 64 visible ASCII characters"):
            OrderItem(sku, 1, Money(1, "EUR"))


class TestTotal:
    @given(ITEMS)
    def test_is_the_sum_of_all_items(self, items: list[OrderItem]) -> None:
        assert total(items) == Money(sum(item.quantity * item.unit_price.amount_minor for item in items), "EUR")

    def test_may_be_as_large_as_int64_holds(self) -> None:
        items = [OrderItem("most", 1, Money(MAX_AMOUNT - 1, "EUR")), OrderItem("rest", 1, Money(1, "EUR"))]

        assert total(items) == Money(MAX_AMOUNT, "EUR")

    @given(st.integers(2, MAX_QUANTITY), st.integers(MAX_AMOUNT // 2 + 1, MAX_AMOUNT))
    def test_beyond_int64_is_refused(self, quantity: int, amount: int) -> None:
        with pytest.raises(InvalidArgument, match=f"total=.*: expected at most {MAX_AMOUNT}"):
            total([OrderItem("tea", quantity, Money(amount, "EUR"))])

    def test_of_two_currencies_is_refused(self) -> None:
        with pytest.raises(InvalidArgument, match=r"items=\['EUR', 'USD'\]: expected prices in one currency"):
            total([TEA, OrderItem("tea", 1, Money(1, "USD"))])

    @pytest.mark.parametrize("count", [0, MAX_ITEMS + 1])
    def test_of_no_items_or_too_many_is_refused(self, count: int) -> None:
        with pytest.raises(InvalidArgument, match=f"items={count}: expected 1 to 100 of them"):
            total([TEA] * count)


class TestOrderDraft:
    @pytest.mark.parametrize("key", ["k", "x" * 255, "!~"])
    def test_has_a_key_of_visible_ascii(self, key: str) -> None:
        assert draft(key=key).idempotency_key == key

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b", "schlüssel", "key\n", "a\x00"])
    def test_with_any_other_key_is_refused(self, key: str) -> None:
        with pytest.raises(InvalidArgument, match=r"idempotency_key=.*: expected 1 to 255 visible ASCII characters"):
            draft(key=key)

    def test_with_items_that_have_no_total_is_refused(self) -> None:
        with pytest.raises(InvalidArgument):
            draft(items=())

    def test_has_the_fingerprint_that_it_had_in_earlier_releases(self) -> None:
        assert draft().fingerprint() == "8a9ccd60e6ee3ef3a9acb394d0feb4eee434db665676903acdc1d52d25c51d19"

    def test_has_the_same_fingerprint_under_another_key(self) -> None:
        assert draft(key="other").fingerprint() == draft().fingerprint()

    @pytest.mark.parametrize(
        "other",
        [
            draft(user_id=UserId(UUID(int=9))),
            draft(items=(TEA, TEA)),
            draft(items=(replace(TEA, sku="tee"),)),
            draft(items=(replace(TEA, quantity=3),)),
            draft(items=(replace(TEA, unit_price=Money(351, "EUR")),)),
            draft(items=(replace(TEA, unit_price=Money(350, "USD")),)),
        ],
    )
    def test_has_another_fingerprint_when_it_asks_for_something_else(self, other: OrderDraft) -> None:
        assert other.fingerprint() != draft().fingerprint()


class TestOrder:
    def test_is_placed_at_version_1(self) -> None:
        order = Order.place(draft(), OrderId(UUID(int=2)), NOON)

        assert order == Order(
            order_id=OrderId(UUID(int=2)),
            user_id=USER,
            items=(TEA,),
            status=OrderStatus.PLACED,
            version=1,
            created_at=NOON,
            updated_at=NOON,
        )
        assert order.total == Money(700, "EUR")
        assert not order.is_final

    def test_is_final_when_it_is_cancelled(self) -> None:
        assert cancelled().is_final

    def test_tells_how_it_was_at_each_version(self) -> None:
        placed = Order.place(draft(), OrderId(UUID(int=2)), NOON)

        assert list(cancelled().history(0)) == [placed, cancelled()]
        assert list(cancelled().history(1)) == [cancelled()]
        assert list(cancelled().history(2)) == []
        assert list(placed.history(0)) == [placed]
        assert list(placed.history(1)) == []


class TestIds:
    @given(st.uuids())
    def test_are_read_in_their_canonical_form(self, uuid: UUID) -> None:
        assert parse_order_id(str(uuid)) == uuid
        assert parse_user_id(str(uuid)) == uuid

    @given(st.uuids().filter(lambda uuid: str(uuid) != str(uuid).upper()))
    def test_in_any_other_form_are_refused(self, uuid: UUID) -> None:
        for text in (str(uuid).upper(), uuid.hex, f"{{{uuid}}}", uuid.urn, f"{uuid}\n"):
            with pytest.raises(InvalidArgument, match="order_id="):
                parse_order_id(text)

    def test_that_are_none_are_shown_in_short(self) -> None:
        with pytest.raises(InvalidArgument) as refused:
            parse_user_id("x" * 10_000)

        assert str(refused.value) == f"user_id='{'x' * 38}…: expected a UUID in its canonical lower-case form"


def test_a_version_below_zero_was_never_seen() -> None:
    assert parse_after_version(0) == 0
    with pytest.raises(InvalidArgument, match="after_version=-1: expected 0, or the last version that was seen"):
        parse_after_version(-1)
