from __future__ import annotations

from typing import Any

import pytest

from telemetry.testing.completeness import missing_parts

CALL = {"kind": "CLIENT", "attributes": {"rpc.method": "shop.user.v1.UserService/GetUser"}}


def test_a_whole_trace_misses_nothing(made: Any, trace_of: Any) -> None:
    trace = trace_of(
        made("order", "CreateOrder", made("order", "GetUser", made("user", "GetUser", kind="SERVER"), **CALL))
    )

    assert missing_parts(trace) == []


def test_a_span_without_its_parent_is_named(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "CreateOrder", kind="SERVER", parent_id="00000000000000ff"))

    assert missing_parts(trace) == ["the parent of order CreateOrder SERVER"]


def test_the_callers_own_span_is_not_awaited(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "CreateOrder", kind="SERVER", parent_id="00000000000000ff"))

    assert missing_parts(trace, caller="00000000000000ff") == []


@pytest.mark.parametrize("beside", [(), ("INTERNAL",), ("CLIENT",)])
def test_a_call_without_its_servers_side_is_named(made: Any, trace_of: Any, beside: tuple[str, ...]) -> None:
    children = [made("order", "beside", kind=kind) for kind in beside]

    trace = trace_of(made("order", "GetUser", *children, **CALL))

    assert missing_parts(trace) == ["the server's side of order GetUser CLIENT"]


def test_no_servers_side_is_awaited_of_a_service_that_is_absent(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "GetUser", **CALL))

    assert missing_parts(trace, absent=["shop.user.v1.UserService"]) == []
    assert missing_parts(trace, absent=["shop.order.v1.OrderService"]) != []


def test_a_client_span_that_is_no_rpc_awaits_nobody(made: Any, trace_of: Any) -> None:
    assert missing_parts(trace_of(made("order", "INSERT orders", kind="CLIENT"))) == []
