from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telemetry import extract_error_details


class PaymentDeclinedError(Exception):
    pass


def test_a_python_error_is_described_by_its_qualified_type() -> None:
    assert extract_error_details(err=ValueError("not a number")) == {
        "error.type": "ValueError",
        "error.message": "not a number",
        "error.class": "internal",
        "error.severity": "error",
    }
    assert str(extract_error_details(PaymentDeclinedError())["error.type"]).endswith(
        "test_details.PaymentDeclinedError"
    )


def test_what_is_behind_an_error_is_told_nearest_first() -> None:
    error, caught, cause = RuntimeError("c"), ValueError("b"), KeyError("a")
    error.__context__, caught.__cause__ = caught, cause

    assert extract_error_details(error)["error.causes"] == ("ValueError: b", "KeyError: 'a'")


def test_what_an_error_was_raised_from_none_of_is_not_told() -> None:
    error = RuntimeError("c")
    error.__context__, error.__suppress_context__ = ValueError("b"), True

    assert "error.causes" not in extract_error_details(error)


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert extract_error_details(first)["error.causes"] == ("ValueError: second",)


def test_a_long_chain_is_cut() -> None:
    error = ValueError("0")
    for number in range(1, 100):
        above = ValueError(str(number))
        above.__cause__ = error
        error = above

    causes = extract_error_details(error)["error.causes"]
    assert isinstance(causes, tuple)
    assert len(causes) == 10


def test_the_members_of_a_group_are_told() -> None:
    group = ExceptionGroup("both", [ValueError("a"), ExceptionGroup("inner", [TimeoutError("b")])])

    details = extract_error_details(group)

    assert details["error.members"] == ("ValueError: a", "TimeoutError: b")
    assert details["error.class"] == "timeout"
    assert details["error.type"] == "ExceptionGroup"


def test_secrets_are_taken_out_of_messages() -> None:
    details = extract_error_details(RuntimeError("login of ada@example.com failed: password=hunter2"))

    assert details["error.message"] == "login of REDACTED failed: password=REDACTED"


def test_an_error_that_cannot_tell_itself_is_described_all_the_same() -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise TypeError

    assert extract_error_details(BrokenError())["error.message"] == "(its text cannot be made)"


@given(st.text(alphabet=st.characters(categories=("L", "Zs", "Po"), exclude_characters="@"), max_size=500))
def test_a_message_without_secrets_is_told_as_it_is(message: str) -> None:
    assert extract_error_details(ValueError(message))["error.message"] == message
