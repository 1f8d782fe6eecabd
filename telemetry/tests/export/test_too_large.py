"""Batches are limited by bytes too, and what a receiver refuses as too large is sent again in halves."""

from __future__ import annotations

import logging
import random
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry import ExporterConfig, LogsConfig, TelemetryConfig, configure

DEFAULT = 4 * 1024 * 1024  # gRPC's own limit, which the collector has too


class Receiver:
    """What was accepted, and the sizes of all requests that came."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.spans: list[str] = []
        self.logs = 0
        self.sizes: list[int] = []

    def accept(self, method: str, body: bytes) -> None:
        if "logs" in method.lower():
            request = ExportLogsServiceRequest.FromString(body)
            self.logs += sum(len(scope.log_records) for each in request.resource_logs for scope in each.scope_logs)
            return
        traces = ExportTraceServiceRequest.FromString(body).resource_spans
        self.spans += [span.name for each in traces for scope in each.scope_spans for span in scope.spans]


@contextmanager
def grpc_receiver(limit: int) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(grpc.GenericRpcHandler):
        def service(self, handler_call_details: Any) -> Any:
            def answer(body: bytes, _context: Any) -> bytes:
                receiver.accept(handler_call_details.method, body)
                return b""

            return grpc.unary_unary_rpc_method_handler(answer)

    class Sizes(grpc.ServerInterceptor):
        def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
            receiver.sizes.append(0)
            return continuation(handler_call_details)

    options = [("grpc.max_receive_message_length", limit)]
    server = grpc.server(ThreadPoolExecutor(2), options=options, interceptors=[Sizes()])
    server.add_generic_rpc_handlers([Handler()])
    receiver.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield receiver
    server.stop(None).wait()


@contextmanager
def http_receiver(limit: int, status: int = 413) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.sizes.append(len(body))
            self.send_response(status if len(body) > limit else 200)
            self.send_header("content-length", "0")
            self.end_headers()
            if len(body) <= limit:
                receiver.accept(self.path, body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def large_spans(receiver: Receiver, protocol: Any, sizes: list[int]) -> Any:
    exporter = ExporterConfig(endpoint=receiver.endpoint, protocol=protocol)
    telemetry = configure(TelemetryConfig(service_name="large", exporter=exporter, shutdown_budget=30.0))
    texts = random.Random(1)  # noqa: S311  the same each time
    for number, size in enumerate(sizes):
        with telemetry.tracer("tests").start_as_current_span(f"span {number}") as span:
            for part in range(0, size, 5000):
                span.set_attribute(
                    f"text.{part}", "".join(texts.choices(string.ascii_letters, k=min(5000, size - part)))
                )
    telemetry.shutdown()
    return telemetry.export_counts[0]


def test_a_batch_is_smaller_than_what_grpc_servers_accept() -> None:
    with grpc_receiver(DEFAULT) as receiver:
        counts = large_spans(receiver, "grpc", [20_000] * 512)

    assert (counts.exported, len(receiver.spans)) == (512, 512)
    assert len(receiver.sizes) >= 3  # ten megabytes


@pytest.mark.parametrize(
    ("receiving", "protocol"), [(grpc_receiver, "grpc"), (http_receiver, "http/protobuf")], ids=["grpc", "http"]
)
def test_what_is_refused_as_too_large_is_halved_and_one_that_is_too_large_is_counted_with_its_name(
    receiving: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(100_000) as receiver:
        counts = large_spans(receiver, protocol, [10_000] * 30 + [150_000] + [10_000] * 30)

    assert (counts.exported, counts.failed) == (60, 1)
    assert sorted(receiver.spans) == sorted(f"span {number}" for number in range(61) if number != 30)
    errors = [str(each.exc_info[1]) for each in caplog.records if each.exc_info and each.levelno == logging.ERROR]
    assert [each.split(":")[0] for each in errors] == ["span 'span 30'"]


def test_a_large_body_that_the_collector_calls_bad_is_halved() -> None:
    with http_receiver(2 * 1024 * 1024, status=400) as receiver:
        counts = large_spans(receiver, "http/protobuf", [20_000] * 180)

    assert (counts.exported, counts.failed, len(receiver.spans)) == (180, 0, 180)


def test_a_small_body_that_is_bad_is_sent_once() -> None:
    with http_receiver(0, status=400) as receiver:
        counts = large_spans(receiver, "http/protobuf", [100] * 20)

    assert (counts.failed, len(receiver.sizes)) == (20, 1)


def test_a_server_without_resources_is_not_asked_for_each_small_item() -> None:
    with grpc_receiver(1) as receiver:
        counts = large_spans(receiver, "grpc", [100] * 20)

    assert (counts.failed, len(receiver.sizes)) == (20, 1)


@pytest.mark.parametrize(
    ("receiving", "protocol"), [(grpc_receiver, "grpc"), (http_receiver, "http/protobuf")], ids=["grpc", "http"]
)
def test_log_records_are_halved_too(receiving: Any, protocol: Any) -> None:
    with receiving(100_000) as receiver:
        exporter = ExporterConfig(endpoint=receiver.endpoint, protocol=protocol)
        config = TelemetryConfig(
            service_name="large", exporter=ExporterConfig(kind="none"), logs=LogsConfig(exporter=exporter)
        )
        logger = logging.getLogger("large")
        with configure(config) as telemetry:
            telemetry.capture_logs(logger)
            for number in range(60):
                logger.warning("%s %s", number, "x" * 8000)

    assert receiver.logs == 60
