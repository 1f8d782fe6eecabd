from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has stubs and does not say so
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    Exemplar,
    Histogram,
    HistogramDataPoint,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)

from console.model import Span
from console.receive.body import BodyLimits
from console.receive.signals import LOGS, METRICS, SIGNALS, Signal
from console.route_stats import route_stats
from console.server import build
from console.settings import Settings
from console.store import Limits, TraceStore
from console.stores import Stores

Encode = Callable[[list[Span]], ExportTraceServiceRequest]
MakeSpan = Callable[..., Span]
PROTOBUF, JSON = "application/x-protobuf", "application/json"
PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}
INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE = 3, 8, 14

METRIC = ExportMetricsServiceRequest(
    resource_metrics=[
        ResourceMetrics(
            scope_metrics=[
                ScopeMetrics(
                    metrics=[
                        Metric(
                            name="http.server.request.duration",
                            histogram=Histogram(
                                aggregation_temporality=AGGREGATION_TEMPORALITY_CUMULATIVE,
                                data_points=[
                                    HistogramDataPoint(
                                        start_time_unix_nano=2**61,
                                        time_unix_nano=2**62 - 2**30,
                                        count=3,
                                        sum=1.5,
                                        bucket_counts=[1, 2],
                                        explicit_bounds=[0.5],
                                        exemplars=[Exemplar(trace_id=b"t" * 16, span_id=b"s" * 8, as_double=0.25)],
                                    )
                                ],
                            ),
                        )
                    ]
                )
            ]
        )
    ]
).SerializeToString()


async def post(
    client: httpx.AsyncClient,
    body: bytes | AsyncIterator[bytes],
    content_type: str = PROTOBUF,
    path: str = "/v1/traces",
    **headers: str,
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(path, content=body, headers={"content-type": content_type, **named})


def status(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == PROTOBUF
    read = Status.FromString(answer.content)
    return read.code, read.message


def response(answer: httpx.Response) -> Message:
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    return ExportTraceServiceResponse.FromString(answer.content)


async def test_protobuf_is_answered_in_protobuf(
    client: httpx.AsyncClient, store: TraceStore, order_trace: list[Span], encode: Encode
) -> None:
    answer = await post(client, encode(order_trace).SerializeToString())
    assert response(answer) == ExportTraceServiceResponse()
    trace = store.trace(order_trace[0].trace_id)
    assert trace
    assert list(trace.spans) == order_trace


async def test_json_is_answered_in_json(client: httpx.AsyncClient, store: TraceStore, sample: bytes) -> None:
    answer = await post(client, sample, "Application/JSON; charset=utf-8")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON, {})
    assert store.usage().spans == 15


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_packed_bodies_are_taken(
    client: httpx.AsyncClient, store: TraceStore, sample: bytes, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    assert (await post(client, pack(sample), JSON, content_encoding=coding)).json() == {}
    assert store.usage().traces == 2


async def test_an_empty_request_is_fine(client: httpx.AsyncClient) -> None:
    assert response(await post(client, b"")) == ExportTraceServiceResponse()


async def test_single_bad_spans_are_a_partial_success(
    client: httpx.AsyncClient, store: TraceStore, make_span: MakeSpan, encode: Encode
) -> None:
    spans = [make_span(), replace(make_span(), span_id="ab"), replace(make_span(), trace_id="")]
    expected = ExportTraceServiceResponse()
    expected.partial_success.rejected_spans = 2
    expected.partial_success.error_message = "2 spans refused: span id: expected 8 bytes, got 1"
    assert response(await post(client, encode(spans).SerializeToString())) == expected
    assert store.usage().spans == 1


async def test_spans_for_which_there_is_no_room_are_a_partial_success(make_span: MakeSpan, encode: Encode) -> None:
    app = build(Settings(traces=Limits(spans_per_trace=1))).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await post(client, encode([make_span(span=1), make_span(span=2)]).SerializeToString())
    message = f"1 spans refused: trace {1:032x} already has 1 spans, as many as one may have"
    assert answer.status_code == 200
    assert ExportTraceServiceResponse.FromString(answer.content).partial_success.error_message == message


async def test_a_request_of_bad_spans_alone_is_refused(
    client: httpx.AsyncClient, make_span: MakeSpan, encode: Encode
) -> None:
    answer = await post(client, encode([replace(make_span(), span_id="ab")]).SerializeToString())
    assert answer.status_code == 400
    assert status(answer) == (INVALID_ARGUMENT, "all 1 spans refused: span id: expected 8 bytes, got 1")


async def test_what_is_cut_off_is_refused_whole(
    client: httpx.AsyncClient, store: TraceStore, order_trace: list[Span], encode: Encode
) -> None:
    answer = await post(client, encode(order_trace).SerializeToString()[:-1])
    assert answer.status_code == 400
    assert status(answer)[0] == INVALID_ARGUMENT
    assert store.usage().spans == 0


async def test_bad_json_is_answered_in_json(client: httpx.AsyncClient) -> None:
    answer = await post(client, b"{", JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
    assert answer.json()["code"] == INVALID_ARGUMENT
    assert answer.json()["message"].startswith("not the JSON of an ExportTraceServiceRequest")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-protobuf2", "application/grpc"])
async def test_other_content_types_are_refused_with_those_that_are_taken(
    client: httpx.AsyncClient, content_type: str
) -> None:
    answer = await post(client, b"", content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (415, JSON)
    assert answer.headers["accept"] == f"{PROTOBUF}, {JSON}"
    assert answer.json() == {
        "code": INVALID_ARGUMENT,
        "message": f"content type {content_type!r}: expected {PROTOBUF} or {JSON}",
    }


async def test_other_codings_are_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, b"", content_encoding="br")
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, deflate")


async def test_a_bomb_is_refused(client: httpx.AsyncClient, store: TraceStore) -> None:
    answer = await post(client, gzip.compress(bytes(20 << 20)), content_encoding="gzip")
    assert answer.status_code == 413
    assert status(answer)[0] == RESOURCE_EXHAUSTED
    assert store.usage().spans == 0


async def test_a_bomb_of_empty_spans_is_refused_without_being_built(client: httpx.AsyncClient) -> None:
    spans = b"\x12\x00" * 500_000
    length = len(spans)
    scope_spans = b"\x12" + bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14]) + spans
    length = len(scope_spans)
    body = b"\x0a" + bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14]) + scope_spans
    answer = await post(client, gzip.compress(body), content_encoding="gzip")
    assert status(answer) == (INVALID_ARGUMENT, "all 500000 spans refused: trace id: expected 16 bytes, got 0")


async def test_a_body_without_length_is_bounded_too() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000)

    app = build(Settings(bodies=BodyLimits(packed=10_000))).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await post(client, endless())
    assert answer.status_code == 413


async def test_a_sender_that_goes_away_leaves_nothing_behind(stores: Stores) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/traces",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", PROTOBUF.encode())],
    }
    incoming: Iterator[dict[str, object]] = iter(
        [{"type": "http.request", "body": b"\x0a", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return next(incoming)

    async def send(message: object) -> None:
        sent.append(message)

    await build(Settings(), stores).app(scope, receive, send)
    store = stores.traces
    assert store.usage().spans == 0


async def test_only_post_is_allowed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/traces")).status_code == 405


async def test_when_too_much_comes_at_once_the_answer_says_when_to_try_again() -> None:
    app = build(Settings(bodies=BodyLimits(at_once=10))).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await post(client, bytes(11))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    read, retry = Status.FromString(answer.content), RetryInfo()
    assert (read.code, read.message) == (UNAVAILABLE, "too much is being sent at once: try again")
    assert read.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 1


@pytest.mark.parametrize(
    ("signal", "item", "message"),
    [
        (LOGS, {"logRecords": [{"traceId": "ab"}, {}]}, "1 log records refused: trace id: expected 16 bytes, got 1"),
        (METRICS, {"metrics": [{"name": "x" * (1 << 20)}, {}]}, "1 metrics refused: a metric of 1048580 bytes"),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
async def test_single_bad_records_and_metrics_are_a_partial_success(
    client: httpx.AsyncClient, signal: Signal, item: dict[str, object], message: str
) -> None:
    scopes = signal.things.replace("resource", "scope")
    body = json.dumps({signal.things: [{scopes: [item]}]}).encode()
    answer = await post(client, body, JSON, signal.path)
    assert answer.status_code == 200
    partial = answer.json()["partialSuccess"]
    assert partial["errorMessage"].startswith(message)
    assert "1" in partial.values(), "how many were refused, in the field of the signal"


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
async def test_what_is_no_request_is_refused_by_the_name_of_what_it_should_be(
    client: httpx.AsyncClient, signal: Signal
) -> None:
    name = signal.request.DESCRIPTOR.name
    assert status(await post(client, b"\x0a\x05", path=signal.path))[1].startswith(f"not an {name}: ")
    assert (await post(client, b"[]", JSON, signal.path)).json()["message"].startswith(f"not the JSON of an {name}: ")


@given(
    signal=st.sampled_from(SIGNALS),
    body=st.binary(max_size=400),
    content_type=st.sampled_from([PROTOBUF, JSON]),
    coding=st.sampled_from(["", "gzip", "deflate"]),
    packed=st.booleans(),
)
@settings(max_examples=150)
async def test_junk_never_breaks_it(
    *, signal: Signal, body: bytes, content_type: str, coding: str, packed: bool
) -> None:
    if packed:
        body = PACKERS[coding](body)
    app = build(Settings()).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await post(client, body, content_type, signal.path, content_encoding=coding)
    assert answer.status_code in {200, 400}
    assert answer.headers["content-type"] == content_type


@given(st.data())
@settings(max_examples=150)
async def test_a_damaged_request_never_breaks_it(order_trace: list[Span], encode: Encode, data: st.DataObject) -> None:
    body = bytearray(encode(order_trace).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    stores = Stores()
    store, app = stores.traces, build(Settings(), stores).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        assert (await post(client, bytes(body))).status_code in {200, 400}
        for service in store.services():
            found = await client.get("/api/traces", params={"service": service, "start": "0", "end": str(2**62)})
            assert found.status_code == 200
        assert (await client.get("/")).status_code == 200


@given(st.data())
@settings(max_examples=100)
async def test_damaged_metrics_never_break_it(data: st.DataObject) -> None:
    body = bytearray(METRIC)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    stores = Stores()
    app = build(Settings(), stores).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        assert (await post(client, bytes(body), path="/v1/metrics")).status_code in {200, 400}
        route_stats(stores.metrics, now=2**62)
        for path in ("/api/metrics", f"/api/metrics?traceId={'74' * 16}", "/"):
            assert (await client.get(path)).status_code == 200
