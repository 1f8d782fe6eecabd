"""The program as its users run it: as a process, with OpenTelemetry's own exporter sending to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter

from console.client import QueryError, fetch_trace
from console.model import Span

LARGE = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {"spans": [{"traceId": "ab" * 15 + "ff", "spanId": f"{number:016x}"} for number in range(1, 2_000)]}
            ]
        }
    ]
}
PROGRAM = [sys.executable, "-m", "console"]
Run = Callable[..., AbstractContextManager[Any]]
Environment = Callable[..., dict[str, str]]


def export_span(exporter: SpanExporter) -> str:
    """Send a span by OpenTelemetry's own exporter; give its trace's id."""
    provider = TracerProvider(resource=Resource({"service.name": "sender"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("scope").start_as_current_span("sent", attributes={"tenant.id": "acme"}) as sent:
        trace_id = f"{sent.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


def test_it_lives(console: Any) -> None:
    assert httpx.get(f"{console.url}/livez").status_code == 200


@pytest.mark.parametrize("compression", list(Compression))
def test_a_span_of_the_sdk_can_be_fetched(console: Any, compression: Compression) -> None:
    trace_id = export_span(OTLPSpanExporter(f"{console.url}/v1/traces", compression=compression))
    trace = fetch_trace(console.url, trace_id)
    assert trace
    assert [(span.service, span.name, span.scope.name) for span in trace.spans] == [("sender", "sent", "scope")]
    assert trace.tenants == ("acme",)


def test_what_was_taken_is_there_after_it_was_killed(running: Run, tmp_path: Path, sample: bytes) -> None:
    file = str(tmp_path / "console.db")
    with running(FILE=file) as started:
        headers = {"content-type": "application/json"}
        assert httpx.post(f"{started.url}/v1/traces", content=sample, headers=headers).json() == {}
        started.stop(signal.SIGKILL)
    with running(FILE=file) as started:
        assert httpx.get(f"{started.url}/api/services").json()["total"] == 5
        code, log = started.stop(signal.SIGTERM)
    assert (code, "Traceback" in log) == (0, False)


def test_a_file_that_cannot_be_used_is_one_clear_line(environment: Environment, tmp_path: Path) -> None:
    given = environment(FILE=str(tmp_path))
    ended = subprocess.run(PROGRAM, env=given, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert ended.stderr == f"console: FILE='{tmp_path}': it cannot be opened: Is a directory\n"


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_a_span_of_the_sdk_comes_by_grpc_too(running: Run, compression: grpc.Compression) -> None:
    with running(OTLP_GRPC_LISTEN="127.0.0.1:0") as started:
        assert started.process.stderr
        address = next(line.split()[-1] for line in started.process.stderr if "OTLP/gRPC is taken on" in line)
        exporter = GrpcExporter(address, insecure=True, compression=compression)
        trace_id = export_span(exporter)
        assert fetch_trace(started.url, trace_id)


def test_nothing_is_lost_when_many_send_at_once(running: Run) -> None:
    senders, spans = 8, 1_000
    with running(OTLP_GRPC_LISTEN="127.0.0.1:0") as started, ThreadPoolExecutor(senders) as threads:
        assert started.process.stderr
        address = next(line.split()[-1] for line in started.process.stderr if "OTLP/gRPC is taken on" in line)

        def send(number: int) -> None:
            provider = TracerProvider(resource=Resource({"service.name": f"sender {number}"}))
            by_grpc = GrpcExporter(address, insecure=True)
            exporter = by_grpc if number % 2 else OTLPSpanExporter(f"{started.url}/v1/traces")
            provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=spans, max_export_batch_size=100))
            tracer = provider.get_tracer("scope")
            for _ in range(spans // 4):
                with (
                    tracer.start_as_current_span("a"),
                    tracer.start_as_current_span("b"),
                    tracer.start_as_current_span("c"),
                    tracer.start_as_current_span("d"),
                ):
                    pass
            provider.shutdown()

        list(threads.map(send, range(senders)))
        usage = httpx.get(f"{started.url}/api/usage").json()["traces"]
    assert usage["spans_by_service"] == {f"sender {number}": spans for number in range(senders)}
    assert (usage["traces"], usage["evicted_traces"]) == (senders * spans // 4, 0)


def test_a_trace_that_is_not_there_is_none(console: Any) -> None:
    assert fetch_trace(console.url, "ab" * 16) is None


def test_an_answer_that_is_no_trace_is_an_error(console: Any) -> None:
    with pytest.raises(QueryError, match="400 Bad Request"):
        fetch_trace(console.url, "no-id")
    with pytest.raises(QueryError, match="Expecting value"):
        fetch_trace(f"{console.url}/?page=", "1")


def test_a_console_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(QueryError, match="Connection refused"):
        fetch_trace(f"http://127.0.0.1:{port}", "1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_told_to(running: Run, number: signal.Signals) -> None:
    with running() as started:
        code, log = started.stop(number)
    assert code == 0
    assert "Traceback" not in log


def test_a_port_that_is_taken_is_one_clear_line(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        ended = subprocess.run(PROGRAM, env=environment(LISTEN=listen), capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"console: LISTEN='{listen}': the address cannot be bound: Address already in use")
    assert ended.stderr.count("\n") == 1


def test_a_wrong_setting_is_one_clear_line(environment: Environment) -> None:
    ended = subprocess.run(PROGRAM, env=environment(MAX_SPANS="x"), capture_output=True, text=True, check=False)  # noqa: S603
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "console: MAX_SPANS='x': expected a whole number between 1 and 500000\n"


def test_listening_for_other_machines_is_warned_of(running: Run) -> None:
    with running(LISTEN="0.0.0.0:0", ALLOWED_HOSTS="console.test") as started:
        port = started.url.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/livez"
        assert httpx.get(url, headers={"host": "console.test"}).status_code == 200
        assert httpx.get(url, headers={"host": "evil.example"}).status_code == 403
        _, log = started.stop(signal.SIGTERM)
    assert "Traceback" not in log


def run(environment: Environment, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  the test's own words
        [*PROGRAM, *arguments], env=environment(**variables), capture_output=True, text=True, check=False, timeout=60
    )


def test_a_trace_can_be_shown_exported_and_imported(
    console: Any, environment: Environment, tmp_path: Path, order_trace: list[Span], encode: Callable[..., Any]
) -> None:
    trace_id, body = order_trace[0].trace_id, encode(order_trace).SerializeToString()
    httpx.post(f"{console.url}/v1/traces", content=body, headers={"content-type": "application/x-protobuf"})
    shown = run(environment, "show", trace_id, CONSOLE_URL=console.url, COLUMNS="120", PYTHONUTF8="1")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("POST /v1/orders  42.12 ms · 7 spans · 3 services · tenant acme")
    file = tmp_path / "order.json"
    file.write_text(run(environment, "show", trace_id, "--json", "--url", console.url).stdout, encoding="utf-8")
    imported = run(environment, "import", str(file), "--url", console.url)
    assert (imported.returncode, imported.stdout, imported.stderr) == (0, "7 spans sent\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "ab" * 16], 1, "has no trace " + "ab" * 16 + "\n"),
        (["show", "no-id"], 2, "400 Bad Request"),
        (["import", "missing.json"], 2, "console: missing.json: No such file or directory\n"),
        (["show"], 2, "the following arguments are required: ID\n"),
        (["frobnicate"], 2, "invalid choice: 'frobnicate'"),
    ],
)
def test_what_cannot_be_done_is_said_and_told_by_the_exit_code(
    console: Any, environment: Environment, arguments: list[str], code: int, said: str
) -> None:
    ended = run(environment, *arguments, CONSOLE_URL=console.url)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_following_ends_with_ctrl_c_without_a_word(console: Any, environment: Environment) -> None:
    command = [*PROGRAM, "tail", "--logs", "--json", "--url", console.url]
    record = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "hello"}}]}]}]}
    with subprocess.Popen(  # noqa: S603  the test's own words
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as tail:
        assert tail.stdout
        with ThreadPoolExecutor(1) as threads:
            line = threads.submit(tail.stdout.readline)
            while not line.done():
                httpx.post(f"{console.url}/v1/logs", json=record)
                wait([line], timeout=0.2)
        assert json.loads(line.result())["body"] == "hello"
        tail.send_signal(signal.SIGINT)
        _, said = tail.communicate(timeout=20)
    assert (tail.returncode, said) == (0, "")


def test_a_reader_that_has_seen_enough_is_no_error(console: Any, environment: Environment) -> None:
    httpx.post(f"{console.url}/v1/traces", json=LARGE)
    command = [*PROGRAM, "show", "ab" * 15 + "ff", "--json", "--url", console.url]
    with subprocess.Popen(  # noqa: S603  the test's own words
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as shown:
        assert shown.stdout
        assert shown.stdout.readline() == "{\n"
        shown.stdout.close()
        assert shown.stderr
        assert shown.stderr.read() == ""
    assert shown.returncode == 0
