from __future__ import annotations

import time

import jwt
import pytest

from gateway.auth import Authenticator
from gateway.jwks import SharedKey
from gateway.token import main
from telemetry import Secret

KEY = "k" * 32


async def test_a_printed_token_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    main(["acme", "--scope", "trace other", "--subject", "ada"], {"JWT_KEY": KEY})

    token = capsys.readouterr().out.strip()
    authenticator = Authenticator(SharedKey(Secret(KEY)), issuer="throughline", audience="throughline")
    principal = await authenticator.authenticate([f"Bearer {token}".encode()])
    assert (principal.tenant, principal.subject, principal.scopes) == ("acme", "ada", frozenset({"trace", "other"}))


def test_it_says_for_whom_by_whom_and_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    main(["acme", "--ttl", "60"], {"JWT_KEY": KEY, "JWT_ISSUER": "us", "JWT_AUDIENCE": "them"})

    claims = jwt.decode(capsys.readouterr().out.strip(), KEY, algorithms=["HS256"], audience="them", issuer="us")
    assert claims == {
        "iss": "us",
        "aud": "them",
        "sub": "developer",
        "tenant": "acme",
        "scope": "",
        "iat": claims["iat"],
        "exp": claims["iat"] + 60,
    }
    assert abs(claims["iat"] - time.time()) < 10


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (["ACME"], {"JWT_KEY": KEY}, "'ACME': expected 1 to 63 of a-z, 0-9 and '-'"),
        (["acme", "--ttl", "0"], {"JWT_KEY": KEY}, "'0': expected a number of seconds from 1 to 2592000"),
        (["acme"], {}, "JWT_KEY is not set"),
        (["acme"], {"JWKS_URL": "https://issuer.example"}, "JWT_KEY is not set: expected the key to sign with"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], environ: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(arguments, environ)

    captured = capsys.readouterr()
    assert exited.value.code == 2
    assert message in captured.err.splitlines()[-1]
    assert captured.out == ""
