from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable
from typing import Any

import hypothesis
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import strategies as st

from gateway.auth import Authenticator
from gateway.domain import Unauthenticated
from gateway.jwks import SharedKey
from telemetry import Secret

KEY = "a key of the tests, of 32 bytes and more"

MakeToken = Callable[..., str]


class OneKey:
    """A source that holds one public key and gives it for every key id."""

    algorithm = "RS256"

    def __init__(self, key: RSAPublicKey) -> None:
        self._key = key

    async def key(self, key_id: str | None) -> RSAPublicKey:  # noqa: ARG002  there is only one
        return self._key


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator(SharedKey(Secret(KEY)), issuer="throughline", audience="throughline")


@pytest.fixture
def remote(private_key: rsa.RSAPrivateKey) -> Authenticator:
    return Authenticator(OneKey(private_key.public_key()), issuer="throughline", audience="throughline")


def bearer(token: str) -> list[bytes]:
    return [f"Bearer {token}".encode()]


async def test_a_good_token_gives_the_principal(authenticator: Authenticator, make_token: MakeToken) -> None:
    principal = await authenticator.authenticate(bearer(make_token(scope="trace admin")))

    assert (principal.tenant, principal.subject, principal.scopes) == ("acme", "ada", frozenset({"trace", "admin"}))


async def test_a_token_without_scope_allows_nothing_special(
    authenticator: Authenticator, make_token: MakeToken
) -> None:
    assert (await authenticator.authenticate(bearer(make_token()))).scopes == frozenset()


async def test_the_scheme_is_not_case_sensitive(authenticator: Authenticator, make_token: MakeToken) -> None:
    assert (await authenticator.authenticate([f"bEARER {make_token()}".encode()])).tenant == "acme"


async def test_clocks_may_differ_a_little(authenticator: Authenticator, make_token: MakeToken) -> None:
    now = int(time.time())

    assert await authenticator.authenticate(bearer(make_token(exp=now - 2, nbf=now + 2)))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, "has expired"),
        ({"nbf": 2**33}, "not valid yet"),
        ({"iat": 2**33}, "not valid yet"),
        ({"aud": "another"}, "another audience"),
        ({"aud": None}, "lacks a claim"),
        ({"iss": "another"}, "another issuer"),
        ({"iss": None}, "lacks a claim"),
        ({"exp": None}, "lacks a claim"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": math.inf}, "malformed"),
        ({"sub": None}, "lacks a claim"),
        ({"sub": ""}, "subject is not valid"),
        ({"sub": 7}, "malformed"),
        ({"tenant": None}, "lacks a claim"),
        ({"tenant": "ACME"}, "tenant is not valid"),
        ({"tenant": "a b"}, "tenant is not valid"),
        ({"tenant": ["acme"]}, "tenant is not valid"),
        ({"scope": ["trace"]}, "scope is not valid"),
    ],
)
async def test_a_token_with_bad_claims_is_refused(
    authenticator: Authenticator, make_token: MakeToken, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        await authenticator.authenticate(bearer(make_token(**claims)))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_another_algorithm_is_refused(
    authenticator: Authenticator, make_token: MakeToken, algorithm: str
) -> None:
    with pytest.raises(Unauthenticated, match="algorithm that is not allowed"):
        await authenticator.authenticate(bearer(make_token(algorithm=algorithm)))


async def test_an_unsigned_token_is_refused(authenticator: Authenticator, make_token: MakeToken) -> None:
    with pytest.raises(Unauthenticated, match="algorithm that is not allowed"):
        await authenticator.authenticate(bearer(make_token(key=None, algorithm="none")))


async def test_a_token_of_another_key_is_refused(authenticator: Authenticator, make_token: MakeToken) -> None:
    with pytest.raises(Unauthenticated, match="signature is wrong"):
        await authenticator.authenticate(bearer(make_token(key="another key that is 32 bytes long or more")))


async def test_a_token_signed_by_the_issuer_is_good(
    remote: Authenticator, make_token: MakeToken, private_key: rsa.RSAPrivateKey
) -> None:
    token = make_token(key=private_key, algorithm="RS256", kid="1")

    assert (await remote.authenticate(bearer(token))).tenant == "acme"


async def test_a_token_signed_with_the_public_key_as_secret_is_refused(
    remote: Authenticator, private_key: rsa.RSAPrivateKey
) -> None:
    public = private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = {"iss": "throughline", "aud": "throughline", "sub": "eve", "tenant": "acme", "exp": time.time() + 60}
    header, payload = (_encode(json.dumps(each).encode()) for each in ({"alg": "HS256", "kid": "1"}, claims))
    signature = _encode(
        jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(header + b"." + payload, public)
    )

    with pytest.raises(Unauthenticated, match="algorithm that is not allowed"):
        await remote.authenticate([b"Bearer " + b".".join((header, payload, signature))])


@pytest.mark.parametrize(
    "values",
    [[b""], [b"Bearer"], [b"Bearer "], [b"Basic YTpi"], [b"Bearer a b"], [b"Bearer a, Bearer b"], [b"Bearer \xff"]],
)
async def test_a_malformed_header_is_refused(authenticator: Authenticator, values: list[bytes]) -> None:
    with pytest.raises(Unauthenticated, match="Authorization header is malformed") as raised:
        await authenticator.authenticate(values)

    assert raised.value.token_given


async def test_two_headers_are_refused(authenticator: Authenticator, make_token: MakeToken) -> None:
    with pytest.raises(Unauthenticated, match="expected one"):
        await authenticator.authenticate(bearer(make_token()) * 2)


async def test_no_header_is_told_apart_from_a_bad_one(authenticator: Authenticator) -> None:
    with pytest.raises(Unauthenticated, match="a bearer token is required") as raised:
        await authenticator.authenticate([])

    assert not raised.value.token_given


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "exp", "iss", "aud", "sub", "tenant", "nbf", "iat", "jti"])


@hypothesis.given(
    header=st.dictionaries(names, json_values, max_size=4) | json_values,
    payload=st.dictionaries(names, json_values, max_size=6) | json_values,
    signature=st.binary(max_size=8),
)
async def test_whatever_the_token_it_is_refused_and_never_breaks(
    header: object, payload: object, signature: bytes
) -> None:
    authenticator = Authenticator(SharedKey(Secret(KEY)), issuer="throughline", audience="throughline")
    parts = (_encode(json.dumps(header).encode()), _encode(json.dumps(payload).encode()), _encode(signature))

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate([b"Bearer " + b".".join(parts)])


@hypothesis.given(claims=st.dictionaries(names, json_values, max_size=6))
async def test_whatever_a_signed_token_says_it_never_breaks(claims: dict[str, object]) -> None:
    authenticator = Authenticator(SharedKey(Secret(KEY)), issuer="throughline", audience="throughline")
    header, payload = (_encode(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims))
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = _encode(hmac.sign(header + b"." + payload, KEY.encode()))

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate([b"Bearer " + b".".join((header, payload, signature))])


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
