from __future__ import annotations

from typing import Any

import pytest

from tracetest.backends.completeness import missing_parts

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

    assert missing_parts(trace) == ["the server's side of order GetUser CLIENT, shop.user.v1.UserService"]


def test_no_servers_side_is_awaited_of_a_service_that_is_absent(made: Any, trace_of: Any) -> None:
    trace = trace_of(made("order", "GetUser", **CALL))

    assert missing_parts(trace, absent=["shop.user.v1.UserService"]) == []
    assert missing_parts(trace, absent=["shop.order.v1.OrderService"]) != []


def test_a_statement_of_a_database_awaits_nobody(made: Any, trace_of: Any) -> None:
    query = {"db.system.name": "postgresql", "server.address": "postgres", "server.port": 5432}

    assert missing_parts(trace_of(made("order", "INSERT orders", kind="CLIENT", attributes=query))) == []


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (CALL["attributes"], ["shop.user.v1.UserService"]),
        ({"rpc.method": "GetUser", "rpc.service": "shop.user.v1.UserService"}, ["shop.user.v1.UserService"]),
        (
            {"rpc.method": "a.B/C", "server.address": "user", "server.port": 50051},
            ["a.B", "user:50051", "user"],
        ),
        (
            {"http.request.method": "GET", "server.address": "stock", "server.port": 8080},
            ["stock:8080", "stock"],
        ),
        ({"http.request.method": "GET", "url.full": "https://stock/items?id=1"}, ["stock:443", "stock"]),
        ({"http.method": "GET", "http.url": "http://stock:8080/items"}, ["stock:8080", "stock"]),
    ],
)
def test_a_call_awaits_its_servers_side_unless_that_is_absent(
    made: Any, trace_of: Any, call: dict[str, Any], names: list[str]
) -> None:
    alone = trace_of(made("order", "call", kind="CLIENT", attributes=call))
    served = trace_of(made("order", "call", made("other", "served", kind="SERVER"), kind="CLIENT", attributes=call))

    assert missing_parts(alone) == [f"the server's side of order call CLIENT, {names[0]}"]
    assert [missing_parts(alone, absent=[name]) for name in names] == [[] for _ in names]
    assert missing_parts(alone, absent=["another", "another:8080"]) != []
    assert missing_parts(served) == []


@pytest.mark.parametrize("url", ["", "nonsense", "http://[::1", "http://stock:port/"])
def test_a_call_to_nobody_knows_where_awaits_nobody(made: Any, trace_of: Any, url: str) -> None:
    trace = trace_of(made("order", "GET", kind="CLIENT", attributes={"http.method": "GET", "http.url": url}))

    assert missing_parts(trace) == []


def attempts(made: Any, trace_of: Any, ended: str | int | None, *served: str | int | None) -> Any:
    """Give the trace of a call that ended with a code after attempts that a server ended with codes."""
    sides = [made("user", "GetUser", kind="SERVER", attributes=coded(code)) for code in served]
    call = {"rpc.method": "shop.user.v1.UserService/GetUser", **coded(ended)}
    return trace_of(made("order", "GetUser", *sides, kind="CLIENT", attributes=call))


def coded(code: str | int | None) -> dict[str, str | int]:
    """Give a status as current conventions have it, or as those before: by number."""
    if code is None:
        return {}
    return {"rpc.grpc.status_code": code} if isinstance(code, int) else {"rpc.response.status_code": code}


@pytest.mark.parametrize("ended", ["OK", 0, "NOT_FOUND", "FAILED_PRECONDITION"])
def test_of_a_call_that_was_tried_again_the_attempt_that_ended_it_is_awaited(
    made: Any, trace_of: Any, ended: str | int
) -> None:
    refused = attempts(made, trace_of, ended, "UNAVAILABLE")

    (missing,) = missing_parts(refused)
    assert missing.startswith("the server's side of order GetUser CLIENT, shop.user.v1.UserService: it ended ")
    assert missing.endswith(", those that are there UNAVAILABLE")
    assert missing_parts(refused, absent=["shop.user.v1.UserService"]) == []
    assert missing_parts(attempts(made, trace_of, ended, "UNAVAILABLE", ended)) == []


@pytest.mark.parametrize("served", ["CANCELLED", "OK"])
@pytest.mark.parametrize("ended", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN"])
def test_a_code_that_grpc_may_have_given_by_itself_awaits_no_side_like_it(
    made: Any, trace_of: Any, ended: str, served: str
) -> None:
    assert missing_parts(attempts(made, trace_of, ended, served)) == []


def test_a_side_that_tells_no_code_may_be_the_one_that_ended_the_call(made: Any, trace_of: Any) -> None:
    assert missing_parts(attempts(made, trace_of, "OK", None)) == []
    assert missing_parts(attempts(made, trace_of, None, "UNAVAILABLE")) == []
