from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.pagination import DEFAULT_SIZE, MAX_SIZE, InvalidPage, Page, PageRequest, Position

POSITIONS = st.builds(Position, st.datetimes(timezones=st.just(UTC)), st.uuids())


def position(number: int) -> Position:
    return Position(datetime(2026, 3, 1, tzinfo=UTC), UUID(int=number))


class TestPosition:
    @given(POSITIONS)
    def test_comes_back_from_its_token(self, position: Position) -> None:
        assert Position.from_token(position.to_token()) == position

    @given(POSITIONS)
    def test_has_a_token_that_fits_into_a_url(self, position: Position) -> None:
        token = position.to_token()

        assert len(token) == 32
        assert token.replace("-", "").replace("_", "").isalnum()

    @given(st.text() | st.binary(min_size=20, max_size=30).map(lambda data: data.decode("latin-1")))
    def test_of_a_made_up_token_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidPage, match="page_token: expected the next_page_token of the page before"):
            Position.from_token(token)

    @given(POSITIONS, st.integers(0, 31), st.characters())
    def test_of_a_changed_token_is_refused_or_another(self, position: Position, index: int, other: str) -> None:
        token = position.to_token()
        changed = token[:index] + other + token[index + 1 :]
        try:
            read = Position.from_token(changed)
        except InvalidPage:
            return
        assert read.to_token() == changed


class TestPageRequest:
    def test_has_a_default_size(self) -> None:
        assert PageRequest.parse(0, "") == PageRequest(DEFAULT_SIZE, None)

    def test_starts_after_the_position_of_the_token(self) -> None:
        assert PageRequest.parse(MAX_SIZE, position(7).to_token()) == PageRequest(MAX_SIZE, position(7))

    @pytest.mark.parametrize("size", [-1, MAX_SIZE + 1, 2**31 - 1])
    def test_of_too_many_or_too_few_rows_is_refused(self, size: int) -> None:
        with pytest.raises(InvalidPage, match=f"page_size={size}: expected 1 to 100, or 0 for 20"):
            PageRequest.parse(size, "")


class TestPage:
    def test_has_a_token_when_there_is_one_row_more(self) -> None:
        page = Page.cut([1, 2, 3], 2, position)

        assert page == Page((1, 2), position(2).to_token())

    @pytest.mark.parametrize("rows", [[], [1], [1, 2]])
    def test_has_none_when_it_is_the_last(self, rows: list[int]) -> None:
        assert Page.cut(rows, 2, position) == Page(tuple(rows), "")
