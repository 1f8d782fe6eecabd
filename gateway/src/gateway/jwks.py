"""The keys that tokens are verified with: one shared secret, or the issuer's public ones fetched from its URL."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.domain import KeysUnavailable, Unauthenticated
from telemetry import Secret

_logger = logging.getLogger(__name__)

_FETCH_DEADLINE = 2.0
_MAX_AGE = 600.0
_REFRESH_INTERVAL = 30.0
_RETRY_INTERVAL = 1.0
_SHORTEST_RSA = 2048

Key = str | RSAPublicKey


class KeySource(Protocol):
    """Gives the key for a token's key id, and the one algorithm that tokens must be signed with."""

    @property
    def algorithm(self) -> str:
        """A name of RFC 7518."""
        ...

    async def key(self, key_id: str | None) -> Key:
        """Give the key; raise Unauthenticated for an unknown one, KeysUnavailable when nobody can tell."""
        ...


class SharedKey:
    """One secret, for HS256."""

    algorithm = "HS256"

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def key(self, key_id: str | None) -> str:  # noqa: ARG002  there is only one
        """Give the secret."""
        return self._secret.reveal()


class RemoteKeys:
    """The issuer's public keys, for RS256: fetched when needed, kept, and fetched again for a key id not seen before.

    The issuer is asked at most every 30 s while keys are at hand, so made-up key ids cost it nothing, and every second
    while there are none. Keys older than ten minutes are replaced; as long as the issuer fails, they are still used.

    Args:
        url: Of a JSON Web Key Set (RFC 7517).
        client: Who fetches; closed by whoever made it.
        clock: Seconds that only grow.
    """

    algorithm = "RS256"

    def __init__(self, url: str, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failing = False

    async def key(self, key_id: str | None) -> RSAPublicKey:
        """Give the key of this id."""
        if key_id is None:
            raise Unauthenticated("the token does not say which key signed it")
        found = self._keys.get(key_id)
        if found is not None and (not self._is_old() or self._lock.locked()):
            return found
        async with self._lock:
            if self._is_due():
                await self._fetch()
        found = self._keys.get(key_id)
        if found is not None:
            return found
        if self._failing:
            raise KeysUnavailable
        raise Unauthenticated("the token is signed with an unknown key")

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at >= _MAX_AGE

    def _is_due(self) -> bool:
        interval = _REFRESH_INTERVAL if self._keys else _RETRY_INTERVAL
        return self._tried_at is None or self._clock() - self._tried_at >= interval

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_FETCH_DEADLINE):
                response = await self._client.get(self._url)
            keys = _parse(response.raise_for_status().json())
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            self._failing = True
            _logger.warning("the token keys at %s cannot be had: %s", self._url, str(error) or type(error).__name__)
        else:
            self._failing = False
            self._keys = keys
            self._fetched_at = self._clock()
        finally:
            self._tried_at = self._clock()


def _parse(document: object) -> dict[str, RSAPublicKey]:
    """Give the usable keys by id: RSA, for signatures, long enough; raise ValueError when there are none."""
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, RSAPublicKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        key_id = entry.get("kid") if isinstance(entry, dict) else None
        key = _public_key(entry) if isinstance(key_id, str) else None
        if isinstance(key_id, str) and key is not None:
            keys[key_id] = key
    if not keys:
        raise ValueError(f"there is no RSA key of at least {_SHORTEST_RSA} bits with a key id among them")
    return keys


def _public_key(entry: dict[str, object]) -> RSAPublicKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        key = jwt.PyJWK(entry, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_RSA else None
