from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.domain import KeysUnavailable, Unauthenticated
from gateway.jwks import RemoteKeys, SharedKey
from telemetry import Secret
from telemetry.http import Message, Receive, Scope, Send


def jwk(key: rsa.RSAPrivateKey, key_id: str, **changes: Any) -> dict[str, Any]:
    public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", "alg": "RS256", **changes}


@dataclass
class Issuer:
    """Publishes keys at a URL; answers 500 or nothing at all when told so."""

    keys: list[Any] = field(default_factory=list)
    mode: str = "ok"
    asked: int = 0
    url: str = ""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if self.mode == "hang":
            while (await receive())["type"] != "http.disconnect":
                continue
            return
        start: Message = {"type": "http.response.start", "status": 500 if self.mode == "fail" else 200, "headers": []}
        await send(start)
        body = b"no JSON" if self.mode == "junk" else json.dumps({"keys": self.keys}).encode()
        await send({"type": "http.response.body", "body": body})


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def first_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def second_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
async def issuer(serve_app: Callable[..., Any], first_key: rsa.RSAPrivateKey) -> AsyncIterator[Issuer]:
    issuer = Issuer(keys=[jwk(first_key, "first")])
    async with serve_app(issuer) as url:
        issuer.url = url
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[RemoteKeys]:
    async with httpx.AsyncClient() as client:
        yield RemoteKeys(issuer.url, client, clock)


async def test_a_shared_key_is_the_key_whatever_the_id() -> None:
    assert await SharedKey(Secret("x")).key(None) == "x"


async def test_keys_are_fetched_once(keys: RemoteKeys, issuer: Issuer, first_key: rsa.RSAPrivateKey) -> None:
    found = await asyncio.gather(*(keys.key("first") for _ in range(5)))

    assert all(key.public_numbers() == first_key.public_key().public_numbers() for key in found)
    assert issuer.asked == 1


async def test_a_new_key_is_found_when_the_issuer_rotates(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, second_key: rsa.RSAPrivateKey
) -> None:
    await keys.key("first")
    issuer.keys = [jwk(second_key, "second")]
    clock.now += 30

    assert (await keys.key("second")).public_numbers() == second_key.public_key().public_numbers()
    with pytest.raises(Unauthenticated):
        await keys.key("first")


async def test_made_up_key_ids_ask_the_issuer_at_most_every_30_seconds(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="unknown key"):
            await keys.key("made up")
    assert issuer.asked == 1

    clock.now += 30
    with pytest.raises(Unauthenticated):
        await keys.key("made up")
    assert issuer.asked == 2


async def test_a_withdrawn_key_is_good_for_ten_minutes_at_most(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, second_key: rsa.RSAPrivateKey
) -> None:
    await keys.key("first")
    issuer.keys = [jwk(second_key, "second")]

    clock.now += 599
    assert await keys.key("first")
    clock.now += 1
    with pytest.raises(Unauthenticated):
        await keys.key("first")


@pytest.mark.parametrize("mode", ["fail", "junk"])
async def test_while_the_issuer_fails_nobody_is_called_a_stranger(keys: RemoteKeys, issuer: Issuer, mode: str) -> None:
    issuer.mode = mode

    with pytest.raises(KeysUnavailable):
        await keys.key("first")


async def test_an_issuer_that_does_not_answer_is_given_up(
    keys: RemoteKeys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.jwks._FETCH_DEADLINE", 0.05)
    issuer.mode = "hang"

    with pytest.raises(KeysUnavailable):
        await keys.key("first")


async def test_an_issuer_that_is_away_is_asked_again_after_a_second(
    keys: RemoteKeys, issuer: Issuer, clock: Clock
) -> None:
    issuer.mode = "fail"
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.key("first")
    assert issuer.asked == 1

    issuer.mode = "ok"
    clock.now += 1
    assert await keys.key("first")


async def test_known_keys_stay_good_while_the_issuer_is_away(
    keys: RemoteKeys, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await keys.key("first")
    issuer.mode = "fail"
    clock.now += 3600

    assert await keys.key("first")
    assert "cannot be had" in caplog.text
    with pytest.raises(KeysUnavailable):
        await keys.key("second")


async def test_a_token_must_name_its_key(keys: RemoteKeys, issuer: Issuer) -> None:
    with pytest.raises(Unauthenticated, match="which key"):
        await keys.key(None)

    assert issuer.asked == 0


async def test_only_keys_for_rs256_signatures_are_used(
    keys: RemoteKeys, issuer: Issuer, first_key: rsa.RSAPrivateKey
) -> None:
    curve = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    issuer.keys = [
        jwk(rsa.generate_private_key(65537, 1024), "short"),  # noqa: S505  that is the point
        jwk(first_key, "for encryption", use="enc"),
        jwk(first_key, "for RS512", alg="RS512"),
        jwk(first_key, "broken", n="!"),
        {**curve, "kid": "curve"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        "no key",
        {**jwk(first_key, "x"), "kid": None},
        jwk(first_key, "good"),
    ]

    assert await keys.key("good")
    for key_id in ("short", "for encryption", "for RS512", "broken", "curve", "secret", "x"):
        with pytest.raises(Unauthenticated):
            await keys.key(key_id)
