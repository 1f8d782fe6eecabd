from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.errors import ScaffoldError
from scaffold.request import RESERVED, Ask, Request
from stack.services import Service, services

THERE = services()


def read(ask: Ask | None = None, **given: str) -> Request:
    return Request.read(given, THERE, ask)


def test_what_is_not_given_has_a_default_when_nobody_can_be_asked() -> None:
    request = read(NAME="inventory")

    assert (request.name, request.calls, request.database, request.route) == ("inventory", (), True, False)
    assert request.port == max(service.port for service in THERE) + 1


def test_all_can_be_given() -> None:
    request = read(NAME="stock_level", CALLS="user, order,user", DB="no", ROUTE="YES")

    assert [service.name for service in request.calls] == ["user", "order"]
    assert (request.database, request.route) == (False, True)
    assert request.answers["calls"] == {"user": 50051, "order": 50052}


def test_a_person_is_asked_for_what_is_not_given_and_for_nothing_else() -> None:
    asked: list[str] = []

    def ask(question: str, default: str) -> str:
        asked.append(question)
        return default

    read(ask, NAME="inventory", DB="yes")

    assert [question.split(",")[0] for question in asked] == [
        "the services that it calls",
        "does the gateway lead to it",
    ]


@pytest.mark.parametrize(
    "name", ["Inventory", "in-stock", "1st", "_x", "x_", "a__b", "ärger", "a b", "x" * 21, "a.b", "../x"]
)
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(ScaffoldError, match=r"^NAME='.*': expected a lower-case Python name of 1 to 20 characters$"):
        read(NAME=name)


@pytest.mark.parametrize("name", ["gateway", "telemetry", "class", "match", "table", "page", "test", "health"])
def test_a_name_that_something_else_has_is_refused(name: str) -> None:
    assert name in RESERVED
    with pytest.raises(ScaffoldError, match="is reserved"):
        read(NAME=name)


@pytest.mark.parametrize("name", ["user", "order", "users", "orders"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ScaffoldError, match="is taken"):
        read(NAME=name)


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_refused_in_one_line(text: str) -> None:
    try:
        name = read(NAME=text).name
    except ScaffoldError as error:
        if "\n" in str(error):
            raise
        return
    assert name.isidentifier()
    assert not keyword.iskeyword(name)


def test_a_service_that_there_is_not_cannot_be_called() -> None:
    with pytest.raises(
        ScaffoldError, match=r"^CALLS='user,nobody': 'nobody' is no service: expected some of user, order"
    ):
        read(NAME="inventory", CALLS="user,nobody")


@pytest.mark.parametrize("variable", ["DB", "ROUTE"])
def test_a_flag_is_yes_or_no(variable: str) -> None:
    with pytest.raises(ScaffoldError, match=f"^{variable}='2': expected yes or no$"):
        Request.read({"NAME": "inventory", variable: "2"}, THERE, None)


def test_the_first_service_of_all_gets_the_first_port() -> None:
    assert Request.read({"NAME": "inventory"}, (), None).port == 50051
    assert Request.read({"NAME": "inventory"}, (Service("a", 60000, (), ""),), None).port == 60001
