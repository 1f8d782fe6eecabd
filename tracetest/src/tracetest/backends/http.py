"""HTTP as the kit uses it: without connections that stay open, so that no test and no event loop has to close one."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from functools import cache
from http import HTTPStatus
from typing import Any, TypedDict

import httpx

_WITHIN = 5.0


class Limits(TypedDict, total=False):
    """What every backend may be told, see `tracetest.backends.base.Backend`."""

    within: float
    poll: float
    absent: Collection[str]


def client(*, timeout: float = _WITHIN, **options: Any) -> httpx.AsyncClient:
    """Make a client that closes each connection after its answer; the options are those of httpx."""
    return httpx.AsyncClient(
        timeout=timeout,
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,
        verify=_trusted(),
        **options,
    )


async def get_json(http: httpx.AsyncClient, url: str, *, missing: HTTPStatus) -> Any:
    """Get a document; None when the answer is the status that says that there is none.

    Raises:
        httpx.HTTPError: It cannot be had, or the answer is an error.
    """
    answer = await http.get(url)
    if answer.status_code == missing:
        return None
    answer.raise_for_status()
    return answer.json()


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that the system trusts: reading them takes longer than a request."""
    return ssl.create_default_context()
