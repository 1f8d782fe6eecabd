"""Who asks: a bearer token is verified, and gives a principal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.domain import Unauthenticated
from gateway.jwks import KeySource
from telemetry.context.tenant import is_tenant
from telemetry.errors.table import find_code

TRACE_SCOPE = "trace"

_BEARER = re.compile(rb"(?i:bearer) +(?P<token>[A-Za-z0-9._~+/=-]{1,8192})")
_REQUIRED = ("exp", "iss", "aud", "sub", "tenant")
_LEEWAY = 5.0

_REASONS: Mapping[type[BaseException], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is from another issuer",
    jwt.InvalidAlgorithmError: "the token is signed with an algorithm that is not allowed",
    jwt.InvalidSignatureError: "the token's signature is wrong",
    jwt.MissingRequiredClaimError: f"the token lacks a claim: expected {', '.join(_REQUIRED)}",
    Exception: "the token is malformed",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as a verified token says.

    Attributes:
        tenant: On whose behalf.
        subject: The person or program.
        scopes: What the token allows.
    """

    tenant: str
    subject: str
    scopes: frozenset[str] = frozenset()


class Authenticator:
    """Verifies bearer tokens (RFC 6750): JWTs of one algorithm, issuer and audience, with an expiry and a tenant.

    Args:
        keys: Where the keys come from; it pins the algorithm.
        issuer: What ``iss`` must be.
        audience: What ``aud`` must be or contain.
    """

    def __init__(self, keys: KeySource, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def authenticate(self, authorization: list[bytes]) -> Principal:
        """Verify the values of a request's Authorization headers.

        Raises:
            Unauthenticated: There is no token, or it is not good; the text says why and repeats nothing of it.
            KeysUnavailable: The keys cannot be had, so nobody can tell.
        """
        if not authorization:
            raise Unauthenticated("a bearer token is required", token_given=False)
        match = _BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
        if match is None:
            raise Unauthenticated("the Authorization header is malformed: expected one 'Bearer TOKEN'")
        return _principal(await self._claims(match["token"].decode("ascii")))

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != self._keys.algorithm:
                raise jwt.InvalidAlgorithmError
            return jwt.decode(
                token,
                await self._keys.key(header.get("kid")),
                algorithms=[self._keys.algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=_LEEWAY,
                options={"require": list(_REQUIRED)},
            )
        # A signed token with an exp of Infinity, say, makes PyJWT raise more than its own errors.
        except (jwt.PyJWTError, ArithmeticError, TypeError, ValueError) as error:
            raise Unauthenticated(find_code(error, _REASONS) or "the token is malformed") from error


def _principal(claims: Mapping[str, object]) -> Principal:
    tenant, subject, scope = claims["tenant"], claims["sub"], claims.get("scope", "")
    if not isinstance(tenant, str) or not is_tenant(tenant):
        raise Unauthenticated("the token's tenant is not valid: expected 1 to 63 of a-z, 0-9 and '-'")
    if not isinstance(subject, str) or not subject:
        raise Unauthenticated("the token's subject is not valid: expected a text")
    if not isinstance(scope, str):
        raise Unauthenticated("the token's scope is not valid: expected a text of words")
    return Principal(tenant, subject, frozenset(scope.split()))
