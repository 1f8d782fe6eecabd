from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.settings.env import ConfigError, Env, Secret


def refusal(call: object) -> str:
    """Give the line of the ConfigError that the call raises."""
    assert callable(call)
    with pytest.raises(ConfigError) as raised:
        call()
    line = str(raised.value)
    assert "\n" not in line
    return line


def test_a_text_is_given_without_the_white_space_around_it() -> None:
    assert Env({"NAME": " acme \n"}).text("NAME") == "acme"


@pytest.mark.parametrize("environ", [{}, {"NAME": ""}, {"NAME": "  "}])
def test_a_variable_that_is_empty_counts_as_not_set(environ: dict[str, str]) -> None:
    env = Env(environ)

    assert env.get("NAME") is None
    assert env.text("NAME", "default") == "default"
    assert env.number("NAME", 1.5, low=0, high=2) == 1.5
    assert env.integer("NAME", 3, low=0, high=9) == 3
    assert env.choice("NAME", "a", ("a", "b")) == "a"
    assert env.flag("NAME", default=True) is True
    assert env.address("NAME", "127.0.0.1:80") == "127.0.0.1:80"
    assert env.secret("NAME") is None
    assert refusal(lambda: env.text("NAME")) == "NAME is not set: expected a text"


@pytest.mark.parametrize(
    ("given_", "number"), [("0.1", 0.1), ("60", 60.0), ("1e1", 10.0), ("+5", 5.0), (" 7 ", 7.0), (".5", 0.5)]
)
def test_a_number_may_be_written_as_usual(given_: str, number: float) -> None:
    assert Env({"SECONDS": given_}).number("SECONDS", 5.0, low=0.1, high=60.0) == number


@pytest.mark.parametrize("given_", ["abc", "0.09", "60.1", "nan", "inf", "-inf", "1_0", "5s", "٣", "0x10", "1,5"])
def test_a_number_that_is_none_or_out_of_bounds_is_refused(given_: str) -> None:
    env = Env({"SECONDS": given_})

    assert refusal(lambda: env.number("SECONDS", 5.0, low=0.1, high=60.0)) == (
        f"SECONDS={given_!r}: expected a number between 0.1 and 60"
    )


@pytest.mark.parametrize("given_", ["1.5", "0", "1000001", "ten", "1_0", "٣", "1e3", "9" * 30])
def test_a_whole_number_that_is_none_or_out_of_bounds_is_refused(given_: str) -> None:
    env = Env({"SIZE": given_})

    assert refusal(lambda: env.integer("SIZE", 10, low=1, high=1_000_000)) == (
        f"SIZE={given_!r}: expected a whole number between 1 and 1000000"
    )


@pytest.mark.parametrize(("given_", "number"), [("1", 1), ("+7", 7), ("1000000", 1_000_000), ("007", 7)])
def test_a_whole_number_within_its_bounds_is_given(given_: str, number: int) -> None:
    assert Env({"SIZE": given_}).integer("SIZE", 10, low=1, high=1_000_000) == number


def test_a_choice_is_one_of_those_allowed() -> None:
    assert Env({"MODE": "b"}).choice("MODE", "a", ("a", "b")) == "b"
    assert refusal(lambda: Env({"MODE": "B"}).choice("MODE", "a", ("a", "b"))) == "MODE='B': expected one of a, b"


@pytest.mark.parametrize(
    ("given_", "truth"),
    [
        ("1", True), ("true", True), ("TRUE", True), ("Yes", True), ("on", True),
        ("0", False), ("false", False), ("no", False), ("OFF", False),
    ],
)  # fmt: skip
def test_a_flag_may_be_written_in_several_ways(given_: str, truth: bool) -> None:  # noqa: FBT001
    assert Env({"FAULTS": given_}).flag("FAULTS", default=not truth) is truth


def test_a_flag_that_is_no_truth_value_is_refused() -> None:
    assert refusal(lambda: Env({"FAULTS": "maybe"}).flag("FAULTS", default=False)) == (
        "FAULTS='maybe': expected one of 1, true, yes, on, 0, false, no, off"
    )


@pytest.mark.parametrize("given_", ["127.0.0.1:0", "localhost:65535", "[::1]:50051", "user:50051", "a-b.c_d:1"])
def test_an_address_is_a_host_and_a_port(given_: str) -> None:
    assert Env({"LISTEN": given_}).address("LISTEN", "127.0.0.1:80") == given_


@pytest.mark.parametrize(
    "given_",
    ["localhost", ":80", "host:", "host:65536", "host:-1", "::1:80", "http://host:80", "host:80/", "h:٣", "a b:1"],
)
def test_an_address_that_is_none_is_refused(given_: str) -> None:
    assert refusal(lambda: Env({"LISTEN": given_}).address("LISTEN", "127.0.0.1:80")) == (
        f"LISTEN={given_!r}: expected HOST:PORT with a port from 0 to 65535"
    )


def test_a_secret_comes_from_the_variable_or_from_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2\n")

    assert Env({"KEY": "hunter2"}).secret("KEY") == Secret("hunter2")
    assert Env({"KEY_FILE": str(path)}).secret("KEY") == Secret("hunter2")
    assert Env({}).secret("KEY") is None


def test_a_secret_that_is_given_twice_is_refused_without_showing_it() -> None:
    assert refusal(lambda: Env({"KEY": "hunter2", "KEY_FILE": "/run/key"}).secret("KEY")) == (
        "KEY and KEY_FILE are both set: expected one of them"
    )


def test_a_secrets_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    missing, empty, binary = tmp_path / "missing", tmp_path / "empty", tmp_path / "binary"
    empty.write_text(" \n")
    binary.write_bytes(b"hunter2\xff")

    def line(path: str) -> str:
        return refusal(lambda: Env({"KEY_FILE": path}).secret("KEY"))

    assert line(str(missing)) == f"KEY_FILE={str(missing)!r}: the file cannot be read: No such file or directory"
    assert line(str(tmp_path)) == f"KEY_FILE={str(tmp_path)!r}: the file cannot be read: Is a directory"
    assert line(str(empty)) == f"KEY_FILE={str(empty)!r}: the file is empty"
    assert line(str(binary)) == f"KEY_FILE={str(binary)!r}: the file cannot be read: it is not UTF-8"


def test_a_trace_back_of_a_secrets_file_shows_nothing_of_it(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError) as raised:
        Env({"KEY_FILE": str(binary)}).secret("KEY")

    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@given(st.text(min_size=4))
@example("…")
def test_a_secret_never_shows_itself(text: str) -> None:
    secret = Secret(text)

    assert secret.reveal() == text
    assert repr(secret) == str(secret) == f"{secret}" == f"{secret!r}" == "Secret('…')"
    assert secret == Secret(text)
    assert secret != text
    assert hash(secret) == hash(Secret(text))
    assert not hasattr(secret, "__dict__")


@given(st.text())
@example("\0")
@example("\udc80")
@example("\u2028")
def test_any_text_is_read_or_refused_with_one_line(text: str) -> None:
    env = Env({"NAME": text, "NAME_FILE": ""})
    for read in (
        lambda: env.text("NAME", "default"),
        lambda: env.number("NAME", 1.0, low=0, high=10),
        lambda: env.integer("NAME", 1, low=0, high=10),
        lambda: env.choice("NAME", "a", ("a", "b")),
        lambda: env.flag("NAME", default=True),
        lambda: env.address("NAME", "127.0.0.1:80"),
        lambda: env.secret("NAME"),
        lambda: Env({"NAME_FILE": text}).secret("NAME"),
    ):
        try:
            read()
        except ConfigError as error:
            message = str(error)
        else:
            continue
        assert "\n" not in message
        assert message.startswith("NAME")
