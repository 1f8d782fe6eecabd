from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.context import Context

from telemetry import MissingTenant, current_tenant, require_tenant, use_tenant
from telemetry.context.tenant import InvalidTenant, is_tenant, with_tenant

TENANTS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(TENANTS)
def test_a_tenant_is_current_inside_and_gone_outside(tenant: str) -> None:
    assert is_tenant(tenant)
    with use_tenant(tenant):
        assert current_tenant() == require_tenant() == tenant
        with use_tenant("inner"):
            assert current_tenant() == "inner"
        assert current_tenant() == tenant
    assert current_tenant() is None


def test_without_a_tenant_there_is_none_to_require() -> None:
    with pytest.raises(MissingTenant, match="the call names no tenant"):
        require_tenant()


def test_a_tenant_is_gone_after_an_error() -> None:
    with pytest.raises(RuntimeError), use_tenant("acme"):
        raise RuntimeError
    assert current_tenant() is None


@pytest.mark.parametrize("text", ["", "-a", "A", "a_b", "a b", "a" * 64, "acme\n", "ä", "a.b", "٣", "a\0"])
def test_what_is_no_tenant_is_refused_and_not_repeated(text: str) -> None:
    assert not is_tenant(text)
    with pytest.raises(InvalidTenant) as raised, use_tenant(text):
        pytest.fail("it was taken")

    assert str(raised.value) == (
        "the call's tenant is not valid: expected 1 to 63 of a-z, 0-9 and '-', not starting with '-'"
    )


@given(st.text())
def test_no_other_text_is_a_tenant(text: str) -> None:
    assert is_tenant(text) is (re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", text, re.ASCII) is not None)


def test_a_context_carries_its_tenant() -> None:
    context = with_tenant("acme", Context())

    assert current_tenant(context) == "acme"
    assert current_tenant(Context()) is None
    with use_tenant("other"):
        assert current_tenant(context) == "acme"
        assert current_tenant(Context()) is None


def test_a_tenant_is_told_in_baggage_as_well_and_never_read_there() -> None:
    with use_tenant("acme"):
        assert baggage.get_baggage("tenant.id") == "acme"
        forged = baggage.set_baggage("tenant.id", "evil")
    assert baggage.get_baggage("tenant.id") is None
    assert current_tenant(forged) == "acme"
    assert current_tenant(baggage.set_baggage("tenant.id", "evil", Context())) is None


async def test_tasks_keep_their_tenants_apart() -> None:
    both = asyncio.Barrier(2)

    async def work(tenant: str) -> str:
        with use_tenant(tenant):
            await both.wait()
            return require_tenant()

    first, second = await asyncio.gather(work("acme"), work("other"))
    assert (first, second) == ("acme", "other")
    assert current_tenant() is None
