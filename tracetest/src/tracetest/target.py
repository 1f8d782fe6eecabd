"""What a test's requests are sent to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from tracetest.backends.base import BackendError, Barrier
from tracetest.backends.http import client

_FLUSH_WITHIN = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A system under test; a project says which by the fixture `trace_target`.

    Attributes:
        base_url: Where it answers, such as ``http://127.0.0.1:8000``.
        headers_of: Returns the headers of a tenant's request or gRPC call, such as a token. A service
            that continues only an authenticated caller's trace needs them here.
        app: An ASGI application to be called in this process, in place of a server.
        barrier: An address that a POST makes all services flush, see `chassis.flush`; None: traces come when the
            services' exporters send them.
        timeout: Seconds that an answer may take.
    """

    base_url: str = "http://testserver"
    headers_of: Callable[[str], Mapping[str, str]] | None = None
    app: Callable[..., Any] | None = None
    barrier: str | None = None
    timeout: float = 30.0

    def client(self) -> httpx.AsyncClient:
        """Make a client of it."""
        if self.app is None:
            return client(base_url=self.base_url, timeout=self.timeout)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=self.base_url, timeout=self.timeout)


def http_barrier(url: str) -> Barrier:
    """Make a barrier of an address: services have sent what they had when its POST is answered."""
    http = client(timeout=_FLUSH_WITHIN)

    async def flush() -> None:
        try:
            answer = await http.post(url)
        except httpx.HTTPError as error:
            raise BackendError(f"barrier: {url} {error or type(error).__name__}") from error
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise BackendError(f"barrier: {url} {answer.status_code} {answer.text.strip()}")

    return flush
