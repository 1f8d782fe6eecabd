"""Which callers the edge trusts, and with what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage

from telemetry import (
    ConfigError,
    Edge,
    Telemetry,
    by_peer,
    by_route,
    current_tenant,
    internal,
    public,
)
from telemetry.asgi import Message, Receive, Scope, Send
from telemetry.edge.policy import may_propagate

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
UNSAMPLED = f"00-{TRACE_ID}-{SPAN_ID}-00"
FORGED = "tenant.id=evil,colour=green"


def scope_of(path: str = "/", client: Any = ("10.1.2.3", 1), **headers: Any) -> Scope:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "GET", "path": path, "headers": raw, "client": client}


async def receive() -> Message:
    return {"type": "http.request"}


async def send(_message: Message) -> None:
    return


@pytest.fixture
def seen() -> dict[str, Any]:
    """What an application behind the edge has seen."""
    return {}


@pytest.fixture
def app(seen: dict[str, Any]) -> Any:
    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.update(baggage=dict(baggage.get_all()), tenant=current_tenant())
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    return application


async def test_the_public_gets_a_trace_of_its_own_with_a_link_to_the_callers(
    telemetry: Telemetry, spans: list[Any], app: Any, seen: dict[str, Any]
) -> None:
    scope = scope_of(traceparent=TRACEPARENT, tracestate="evil=1", baggage=FORGED, **{"x-tenant-id": "evil"})
    await telemetry.asgi(app)(scope, receive, send)

    (span,) = spans
    assert span.parent is None
    (link,) = span.links
    assert f"{link.context.trace_id:032x}-{link.context.span_id:016x}" == f"{TRACE_ID}-{SPAN_ID}"
    assert not link.context.trace_state
    assert seen == {"baggage": {}, "tenant": None}
    assert "evil" not in span.to_json()


async def test_a_stranger_cannot_switch_tracing_off(telemetry: Telemetry, spans: list[Any], app: Any) -> None:
    await telemetry.asgi(app)(scope_of(traceparent=UNSAMPLED), receive, send)

    assert len(spans) == 1


async def test_callers_of_the_house_go_on_with_their_trace_and_the_baggage_that_is_listed(
    telemetry: Telemetry, spans: list[Any], app: Any, seen: dict[str, Any]
) -> None:
    application = telemetry.asgi(app, internal(baggage=("colour",)))
    await application(scope_of(traceparent=TRACEPARENT, tracestate="ours=1", baggage=FORGED), receive, send)
    await application(scope_of(traceparent=UNSAMPLED), receive, send)

    (span,) = spans
    assert f"{span.parent.span_id:016x}" == SPAN_ID
    assert span.context.trace_state == {"ours": "1"}
    assert seen["baggage"] == {}
    assert "evil" not in span.to_json()


async def test_the_baggage_that_is_listed_is_kept(telemetry: Telemetry, app: Any, seen: dict[str, Any]) -> None:
    application = telemetry.asgi(app, internal(baggage=("colour", "tenant.id")))  # the tenant is kept for nobody
    await application(scope_of(traceparent=TRACEPARENT, baggage=FORGED), receive, send)

    assert seen == {"baggage": {"colour": "green"}, "tenant": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [("tracestate", "a=" + "x" * 600), ("baggage", "colour=" + "x" * 9000), ("baggage", "x=1," * 5000)],
)
async def test_what_is_too_long_counts_as_not_sent(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, spans: list[Any], app: Any, seen: dict[str, Any], name: str, value: str
) -> None:
    application = telemetry.asgi(app, internal(baggage=("colour", "x")))
    await application(scope_of(traceparent=TRACEPARENT, **{name: value}), receive, send)

    assert f"{spans[0].context.trace_id:032x}" == TRACE_ID
    assert not spans[0].context.trace_state
    assert seen["baggage"] == {}


NAMES = st.sampled_from(
    ["traceparent", "tracestate", "baggage", "x-tenant-id", "user-agent", "content-length", "expect"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(NAMES.map(str.encode) | st.binary(), st.binary(max_size=100)), max_size=10), st.binary())
async def test_junk_in_headers_and_query_never_breaks_a_request(
    telemetry: Telemetry, spans: list[Any], app: Any, headers: list[tuple[bytes, bytes]], query: bytes
) -> None:
    for policy in (public, internal(baggage=("a",))):
        spans.clear()
        scope = {**scope_of(), "headers": headers, "query_string": query}
        await telemetry.asgi(app, policy)(scope, receive, send)
        assert spans[0].attributes["http.response.status_code"] == 204


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.from_regex(rf"00-{TRACE_ID}-[0-9a-f]{{16}}-[0-9a-f]{{2}}|[0-9a-f-]{{50,60}}", fullmatch=True))
async def test_any_traceparent_is_read_or_left(telemetry: Telemetry, spans: list[Any], app: Any, value: str) -> None:
    spans.clear()
    await telemetry.asgi(app)(scope_of(traceparent=value), receive, send)

    assert len(spans) == 1


async def edge_of(policy: Any, scope: Scope) -> bool:
    edge: Edge = await policy(scope)
    return edge.continue_trace


@pytest.mark.parametrize(
    ("path", "trusted"),
    [
        ("/internal", True),
        ("/internal/", True),
        ("/internal/x", True),
        ("/internals", False),
        ("/internal/open", False),
        ("/internal/open/x", False),
        ("/", False),
    ],
)
async def test_a_policy_may_depend_on_the_route(path: str, trusted: bool) -> None:  # noqa: FBT001
    policy = by_route({"/internal": internal(), "/internal/open/": public})

    assert await edge_of(policy, scope_of(path)) is trusted


@pytest.mark.parametrize(
    ("client", "trusted"), [(("10.1.2.3", 1), True), (("11.1.2.3", 1), False), (None, False), (("socket", 0), False)]
)
async def test_a_policy_may_depend_on_the_peer(client: Any, trusted: bool) -> None:  # noqa: FBT001
    policy = by_route({"/": by_peer({"10.0.0.0/8": internal()})})

    assert await edge_of(policy, scope_of(client=client)) is trusted


def test_a_wrong_prefix_or_network_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="prefix='internal': expected a path such as /internal"):
        by_route({"internal": public})
    with pytest.raises(ConfigError, match="expected a network"):
        by_peer({"ten": public})


@pytest.mark.parametrize(
    ("host", "allowed", "told"),
    [
        ("user", None, True),
        ("user", (), False),
        ("user", ("user",), True),
        ("User.", ("user",), True),
        ("user.shop.internal", ("*.internal",), True),
        ("internal", ("*.internal",), False),
        ("evilinternal", ("*.internal",), False),
        ("", ("*.internal",), False),
    ],
)
def test_context_goes_to_hosts_on_the_list(host: str, allowed: tuple[str, ...] | None, told: bool) -> None:  # noqa: FBT001
    assert may_propagate(host, allowed) is told
