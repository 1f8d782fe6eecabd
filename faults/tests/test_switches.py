"""Evaluations as OpenTelemetry's conventions say, and whom a fault meets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from grpc import aio

from faults.flags import Audience
from faults.settings import FaultSettings
from faults.switches import Switches
from telemetry import ConfigError, Telemetry

Wire = Callable[..., Awaitable[Any]]

UNARY = "test.v1.Test/Unary"
REFUSAL = f"method: {UNARY}, do: abort, code: ABORTED, message: refused"


async def is_refused(service: Any, tenant: str = "acme") -> bool:
    try:
        await service.call(tenant=tenant)
    except aio.AioRpcError as error:
        return error.details() == "refused"
    return False


@pytest.mark.parametrize(("is_on", "variant"), [(True, "on"), (False, "off")])
async def test_each_evaluation_is_an_event_of_the_span(wire: Wire, is_on: bool, variant: str) -> None:  # noqa: FBT001
    service = await wire(refused=REFUSAL)
    if is_on:
        service.on("refused")

    await is_refused(service)

    (span,) = service.spans(UNARY)
    (event,) = [event for event in span.events if event.name == "feature_flag.evaluation"]
    attributes = dict(event.attributes or {})
    assert span.context is not None
    assert attributes == {
        "feature_flag.key": "refused",
        "feature_flag.provider.name": "flagd-file",
        "feature_flag.result.variant": variant,
        "feature_flag.result.value": "true" if is_on else "false",
        "feature_flag.result.reason": "static",
        "feature_flag.context.id": f"{span.context.trace_id:032x}",
    }


async def test_a_switch_is_seen_by_the_next_call(wire: Wire) -> None:
    service = await wire(refused=REFUSAL)
    seen = []

    for _ in range(5):
        service.on("refused")
        seen.append(await is_refused(service))
        service.flags.clear()
        seen.append(await is_refused(service))

    assert seen == [True, False] * 5


async def test_a_fault_may_meet_one_tenant(wire: Wire) -> None:
    service = await wire(refused=REFUSAL)
    service.on("refused", Audience(tenant="acme"))

    assert await is_refused(service, "acme")
    assert not await is_refused(service, "umbrella")


async def test_a_fault_may_meet_one_instance(wire: Wire, telemetry: Telemetry) -> None:
    service = await wire(refused=REFUSAL)
    instance = str(telemetry.tracer_provider.resource.attributes["service.instance.id"])

    service.on("refused", Audience(instance="another"))
    assert not await is_refused(service)
    service.on("refused", Audience(instance=instance))
    assert await is_refused(service)


async def test_a_fault_may_meet_a_share_of_the_traces(wire: Wire) -> None:
    service = await wire(refused=REFUSAL)
    service.on("refused", Audience(share=0.5, tenant="acme"))

    met = [await is_refused(service) for _ in range(60)]

    assert 10 < sum(met) < 50  # by chance once in ten millions
    assert not await is_refused(service, "umbrella")


async def test_flags_that_cannot_be_read_any_more_are_off_and_the_span_tells_why(wire: Wire) -> None:
    service = await wire(refused=REFUSAL)
    service.on("refused")
    service.flags.path.write_text("nonsense")

    assert not await is_refused(service)

    (span,) = service.spans(UNARY)
    (event,) = [event for event in span.events if event.name == "feature_flag.evaluation"]
    assert (event.attributes or {})["error.type"] == "parse_error"


def test_a_file_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    missing = tmp_path / "flags.json"

    with pytest.raises(ConfigError, match=rf"^FAULT_FLAGS={missing}: No such file or directory$"):
        Switches(FaultSettings(flags=missing), "test", "1")
