"""The tenant of the current work, passed on from call to call.

The tenant lives in the OpenTelemetry context beside the current span, so it goes wherever the span goes and needs no
second context variable. The edge sets it once, from a verified token, and it travels in its own metadata key.

Baggage carries it too, as ``tenant.id``, for OpenTelemetry's baggage span processor and for services that do not use
this package. Nothing here reads it from baggage; a caller's own ``tenant.id`` in baggage is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from opentelemetry.baggage import set_baggage
from opentelemetry.context import Context, attach, create_key, detach, get_value, set_value

from telemetry.semconv import TENANT_ID

TENANT_METADATA = "x-tenant-id"

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEY = create_key("telemetry-tenant")


class MissingTenant(Exception):  # noqa: N818  named as the domain says it
    """The call has no tenant."""

    def __init__(self) -> None:
        super().__init__("the call names no tenant")


class InvalidTenant(Exception):  # noqa: N818
    """The call has an invalid tenant id; the message does not repeat it."""

    def __init__(self) -> None:
        super().__init__("the call's tenant is not valid: expected 1 to 63 of a-z, 0-9 and '-', not starting with '-'")


def is_tenant(text: str) -> bool:
    """Return whether the text is a valid tenant id: 1 to 63 of a-z, 0-9 and '-', not starting with '-'."""
    return _TENANT.fullmatch(text) is not None


def current_tenant(context: Context | None = None) -> str | None:
    """Return the tenant of the context, the current one by default; None when there is none."""
    tenant = get_value(_KEY, context)
    return tenant if isinstance(tenant, str) else None


def require_tenant() -> str:
    """Return the current tenant; raise MissingTenant when there is none."""
    tenant = current_tenant()
    if tenant is None:
        raise MissingTenant
    return tenant


def with_tenant(tenant: str, context: Context | None = None) -> Context:
    """Return a copy of the context with the tenant; raise InvalidTenant for an invalid id."""
    return context_of_tenant(tenant) if context is not None and not context else _carrying(tenant, context)


@lru_cache(maxsize=1024)
def context_of_tenant(tenant: str) -> Context:
    """Return a context with the tenant and nothing else, as most work begins; raises as `with_tenant` does."""
    return _carrying(tenant, Context())


def _carrying(tenant: str, context: Context | None) -> Context:
    if not is_tenant(tenant):
        raise InvalidTenant
    return set_value(_KEY, tenant, set_baggage(TENANT_ID, tenant, context))


@contextmanager
def use_tenant(tenant: str) -> Iterator[None]:
    """Make the tenant current inside, on spans as ``tenant.id``; raise InvalidTenant for an invalid id."""
    token = attach(with_tenant(tenant))
    try:
        yield
    finally:
        detach(token)
