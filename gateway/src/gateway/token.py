"""``python -m gateway.token TENANT``: prints a bearer token signed with JWT_KEY, for development and tests."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

import jwt

from gateway.settings import TokenSettings
from telemetry import ConfigError, Env
from telemetry.context.tenant import is_tenant

_LONGEST_TTL = 30 * 24 * 3600


def make_token(settings: TokenSettings, tenant: str, *, subject: str, scope: str = "", ttl: int = 3600) -> str:
    """Make a token that is good for `ttl` seconds; raise ConfigError when there is no key to sign with."""
    if settings.key is None:
        raise ConfigError("JWT_KEY is not set: expected the key to sign with")
    now = int(time.time())
    claims = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": subject,
        "tenant": tenant,
        "scope": scope,
        "iat": now,
        "exp": now + ttl,
    }
    return jwt.encode(claims, settings.key.reveal(), algorithm="HS256")


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Print a token; a wrong argument or setting is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="gateway.token", description="Print a bearer token.")
    parser.add_argument("tenant", type=_tenant, metavar="TENANT", help="on whose behalf")
    parser.add_argument("--scope", default="", help="words separated by spaces; 'trace' lets traces go on")
    parser.add_argument("--subject", default="developer", help="who asks (default: %(default)s)")
    parser.add_argument("--ttl", type=_ttl, default=3600, metavar="SECONDS", help="default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        settings = TokenSettings.from_env(Env(environ))
        token = make_token(settings, given.tenant, subject=given.subject, scope=given.scope, ttl=given.ttl)
    except ConfigError as error:
        parser.error(str(error))
    sys.stdout.write(f"{token}\n")


def _tenant(text: str) -> str:
    if not is_tenant(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected 1 to 63 of a-z, 0-9 and '-', not starting with '-'")
    return text


def _ttl(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST_TTL:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of seconds from 1 to {_LONGEST_TTL}")
    return int(text)


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
