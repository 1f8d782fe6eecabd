from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_service.domain import (
    MAX_EMAIL,
    MAX_NAME,
    InvalidArgument,
    User,
    UserDraft,
    UserId,
    parse_email,
    parse_name,
    parse_user_id,
)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
LOCAL = st.from_regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", fullmatch=True)


class TestEmail:
    @given(local=LOCAL, labels=st.lists(LABEL, min_size=2, max_size=4))
    def test_is_kept_in_lower_case(self, local: str, labels: list[str]) -> None:
        text = f"{local}@{'.'.join(labels)}"

        assert parse_email(text) == text.lower()

    @given(st.text())
    def test_of_any_text_is_refused_or_stays_as_it_is_when_read_again(self, text: str) -> None:
        try:
            email = parse_email(text)
        except InvalidArgument:
            return
        assert parse_email(email) == email

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@.com",
            "ada@example..com",
            "ada@-example.com",
            "ada lovelace@example.com",
            "ada@example.com\nbcc: eve@example.com",
            "ada@exämple.com",
            f"{'a' * 65}@example.com",
            f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
        ],
    )
    def test_that_is_none_is_refused_without_being_repeated(self, text: str) -> None:
        with pytest.raises(InvalidArgument) as refused:
            parse_email(text)

        assert str(refused.value) == (
            f"email: expected an address such as ada@example.com, at most {MAX_EMAIL} characters long"
        )

    def test_may_be_as_long_as_a_mailbox_can_be(self) -> None:
        email = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"

        assert len(email) == MAX_EMAIL
        assert parse_email(email) == email


class TestName:
    @pytest.mark.parametrize("name", ["Ada", "李小龍", "Nuño O'Brien-Smith", "می‌خواهم", "x" * MAX_NAME])
    def test_of_any_script_is_kept(self, name: str) -> None:
        assert parse_name(name) == name

    def test_is_trimmed_and_composed(self) -> None:
        assert parse_name("  Zoe\N{COMBINING DIAERESIS} ") == "Zoë"

    @pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1), "a\x00b", "a\nb", "a\u2028b", "a\x1b[31mb"])
    def test_that_is_empty_too_long_or_not_of_one_line_is_refused(self, name: str) -> None:
        with pytest.raises(InvalidArgument, match=f"name: expected 1 to {MAX_NAME} characters"):
            parse_name(name)

    @given(st.text())
    def test_of_any_text_is_refused_or_stays_as_it_is_when_read_again(self, text: str) -> None:
        try:
            name = parse_name(text)
        except InvalidArgument:
            return
        assert parse_name(name) == name


class TestUserId:
    @given(st.uuids())
    def test_is_read_in_its_canonical_form(self, uuid: UUID) -> None:
        assert parse_user_id(str(uuid)) == uuid

    @given(st.uuids().filter(lambda uuid: str(uuid) != str(uuid).upper()))
    def test_in_any_other_form_is_refused(self, uuid: UUID) -> None:
        for text in (str(uuid).upper(), uuid.hex, f"{{{uuid}}}", uuid.urn, f"{uuid}\n"):
            with pytest.raises(InvalidArgument, match="user_id="):
                parse_user_id(text)

    def test_that_is_none_is_shown_in_short(self) -> None:
        with pytest.raises(InvalidArgument) as refused:
            parse_user_id("x" * 10_000)

        assert str(refused.value) == f"user_id='{'x' * 38}…: expected a UUID in its canonical lower-case form"


def test_a_user_is_made_of_what_was_asked_for() -> None:
    user_id, at = UserId(UUID(int=7)), datetime(2026, 3, 1, tzinfo=UTC)

    assert User.create(UserDraft.parse("Ada@Example.com", " Ada "), user_id, at) == User(
        user_id, "ada@example.com", "Ada", at
    )
