"""Whom the edge trusts: decided once a request, before its span opens."""

from __future__ import annotations

from starlette.requests import Request

from gateway.auth import TRACE_SCOPE, Authenticator, Principal
from gateway.domain import GatewayError, Unauthenticated
from telemetry import Edge
from telemetry.http import Scope

_STATE = "principal"


class BearerPolicy:
    """Verifies the bearer token, leaves the outcome for the routes, and tells telemetry the tenant.

    The caller's trace goes on here only if a good token has the scope ``trace``; for all others it becomes a link.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def __call__(self, scope: Scope) -> Edge:
        """Decide; a failure is kept for `principal_of`, so that the refusal has a span and a trace id as well."""
        state = scope.setdefault("state", {})
        try:
            principal = await self._authenticator.authenticate(
                [value for name, value in scope["headers"] if name == b"authorization"]
            )
        except GatewayError as error:
            state[_STATE] = error
            return Edge()
        state[_STATE] = principal
        return Edge(continue_trace=TRACE_SCOPE in principal.scopes, tenant=principal.tenant)


def principal_of(request: Request) -> Principal:
    """Give who asks; raise what kept the token from being verified."""
    outcome = getattr(request.state, _STATE, None)
    if isinstance(outcome, GatewayError):
        raise outcome
    if not isinstance(outcome, Principal):
        raise Unauthenticated("a bearer token is required", token_given=False)
    return outcome
