from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import Attributes, Kind, Span
from console.pages.curl import curl

MakeSpan = Callable[..., Span]


def command(make_span: MakeSpan, attributes: Attributes) -> list[str]:
    """Give the words of the command, as a shell would."""
    comment, _, rest = curl(make_span(kind=Kind.SERVER, attributes=attributes)).partition("\n")
    assert comment.startswith("# a trace holds no credentials and no bodies")
    return shlex.split(rest.replace("\\\n", ""))


def test_a_request_is_sent_again(make_span: MakeSpan) -> None:
    attributes: Attributes = {
        "http.request.method": "POST",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": 8000,
        "url.path": "/v1/orders",
        "url.query": "dry=1",
    }
    assert command(make_span, attributes) == [
        *("curl", "--include", "--request", "POST", "http://127.0.0.1:8000/v1/orders?dry=1"),
        *("--header", "authorization: Bearer $TOKEN"),
        *("--header", "content-type: application/json", "--data", "@body.json"),
    ]


def test_one_without_a_body_has_none(make_span: MakeSpan) -> None:
    attributes: Attributes = {"http.request.method": "GET", "url.path": "/", "server.address": "::1", "server.port": 80}
    assert command(make_span, attributes)[4:] == ["http://[::1]/", "--header", "authorization: Bearer $TOKEN"]


def test_a_call_is_sent_again_with_grpcurl(make_span: MakeSpan) -> None:
    attributes: Attributes = {
        "rpc.method": "shop.user.v1.UserService/GetUser",
        "server.address": "user",
        "server.port": 50051,
    }
    assert command(make_span, attributes) == [
        *("grpcurl", "-plaintext", "-H", "authorization: Bearer $TOKEN", "-d", "@"),
        *("user:50051", "shop.user.v1.UserService/GetUser", "<", "body.json"),
    ]


@pytest.mark.parametrize("attributes", [{}, {"http.request.method": "GET"}, {"rpc.method": "no slash"}])
def test_what_is_no_request_has_no_command(make_span: MakeSpan, attributes: Attributes) -> None:
    assert curl(make_span(attributes=attributes)) == ""


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_a_shell_sees_what_a_sender_wrote_as_words_and_runs_none_of_it(make_span: MakeSpan, text: str) -> None:
    hostile = f"$(exit 3)`exit 3`'; exit 3; \"\n exit 3 {text}$TOKEN"
    attributes: Attributes = {"http.request.method": hostile, "url.path": hostile, "server.address": "x"}
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + curl(make_span(attributes=attributes))
    ran = subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True, check=True, env={"TOKEN": "secret"})
    words = ran.stdout.decode().split("\0")
    assert (words[0], words[3:]) == ("--include", [words[3], "--header", "authorization: Bearer secret", ""])
    assert words[2] == " ".join(hostile.split())
    assert words[3] == f"http://x{words[2]}"
