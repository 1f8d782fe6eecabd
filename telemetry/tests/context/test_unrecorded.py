from __future__ import annotations

import pytest
from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import get_current_span, set_span_in_context

from telemetry.context.tenant import InvalidTenant, current_tenant, with_tenant
from telemetry.context.unrecorded import UnrecordedContext, unrecorded
from telemetry.context.w3c import UnsampledSpan

SPAN = UnsampledSpan(f"00-{'1' * 32}-{'2' * 16}-00")


@pytest.mark.parametrize("tenant", ["acme", None])
def test_it_is_a_context_as_any_other(tenant: str | None) -> None:
    usual = set_span_in_context(SPAN, with_tenant(tenant, Context()) if tenant else Context())
    context = unrecorded(SPAN, tenant)

    assert context == usual
    assert (context.span, context.tenant) == (SPAN, tenant)
    assert (get_current_span(context), current_tenant(context)) == (SPAN, tenant)
    assert get_all(context) == get_all(usual)


def test_it_is_current_as_itself_and_what_is_set_in_it_gives_a_usual_one() -> None:
    token = attach(unrecorded(SPAN, "acme"))
    try:
        assert isinstance(get_current(), UnrecordedContext)
        more = set_baggage("colour", "red")
    finally:
        detach(token)

    assert not isinstance(more, UnrecordedContext)
    assert (get_current_span(more), current_tenant(more)) == (SPAN, "acme")
    assert get_all(more) == {"tenant.id": "acme", "colour": "red"}
    assert "colour" not in get_all(unrecorded(SPAN, "acme"))


def test_what_is_no_tenant_is_none() -> None:
    with pytest.raises(InvalidTenant):
        unrecorded(SPAN, "No Tenant")
