"""The program as its users run it: as a process, with OpenTelemetry's own exporter sending to it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from console.client import QueryError, fetch_trace

PROGRAM = [sys.executable, "-m", "console"]


@dataclass
class Running:
    """A console as a process, and where it is."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


def environment(**variables: str) -> dict[str, str]:
    off = {"OTLP_HTTP_LISTEN": "off", "OTLP_GRPC_LISTEN": "off"}
    return {"PATH": os.environ["PATH"], "LISTEN": "127.0.0.1:0", **off, **variables}


@contextmanager
def running(**variables: str) -> Iterator[Running]:
    with subprocess.Popen(PROGRAM, env=environment(**variables), stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stderr
            found = (re.search(r"console listens on (\S+)$", line) for line in process.stderr)
            yield Running(process, next(match[1] for match in found if match))
        finally:
            process.kill()


def export_span(exporter: SpanExporter) -> str:
    """Send a span by OpenTelemetry's own exporter; give its trace's id."""
    provider = TracerProvider(resource=Resource({"service.name": "sender"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("scope").start_as_current_span("sent", attributes={"tenant.id": "acme"}) as sent:
        trace_id = f"{sent.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    with running() as started:
        yield started


def test_it_lives(console: Running) -> None:
    assert httpx.get(f"{console.url}/livez").status_code == 200


@pytest.mark.parametrize("compression", list(Compression))
def test_a_span_of_the_sdk_can_be_fetched(console: Running, compression: Compression) -> None:
    trace_id = export_span(OTLPSpanExporter(f"{console.url}/v1/traces", compression=compression))
    trace = fetch_trace(console.url, trace_id)
    assert trace
    assert [(span.service, span.name, span.scope.name) for span in trace.spans] == [("sender", "sent", "scope")]
    assert trace.tenants == ("acme",)


def test_what_was_taken_is_there_after_it_was_killed(tmp_path: Path, sample: bytes) -> None:
    file = str(tmp_path / "console.db")
    with running(FILE=file) as started:
        headers = {"content-type": "application/json"}
        assert httpx.post(f"{started.url}/v1/traces", content=sample, headers=headers).json() == {}
        started.stop(signal.SIGKILL)
    with running(FILE=file) as started:
        assert httpx.get(f"{started.url}/api/services").json()["total"] == 5
        code, log = started.stop(signal.SIGTERM)
    assert (code, "Traceback" in log) == (0, False)


def test_a_file_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    given = environment(FILE=str(tmp_path))
    ended = subprocess.run(PROGRAM, env=given, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert ended.stderr == f"console: FILE='{tmp_path}': it cannot be opened: Is a directory\n"


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_a_span_of_the_sdk_comes_by_grpc_too(compression: grpc.Compression) -> None:
    with running(OTLP_GRPC_LISTEN="127.0.0.1:0") as started:
        assert started.process.stderr
        address = next(line.split()[-1] for line in started.process.stderr if "OTLP/gRPC is taken on" in line)
        exporter = GrpcExporter(address, insecure=True, compression=compression)
        trace_id = export_span(exporter)
        assert fetch_trace(started.url, trace_id)


def test_a_trace_that_is_not_there_is_none(console: Running) -> None:
    assert fetch_trace(console.url, "ab" * 16) is None


def test_an_answer_that_is_no_trace_is_an_error(console: Running) -> None:
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
def test_it_stops_cleanly_when_told_to(number: signal.Signals) -> None:
    with running() as started:
        code, log = started.stop(number)
    assert code == 0
    assert "Traceback" not in log


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        ended = subprocess.run(PROGRAM, env=environment(LISTEN=listen), capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"console: LISTEN='{listen}': the address cannot be bound: Address already in use")
    assert ended.stderr.count("\n") == 1


def test_a_wrong_setting_is_one_clear_line() -> None:
    ended = subprocess.run(PROGRAM, env=environment(MAX_SPANS="x"), capture_output=True, text=True, check=False)  # noqa: S603
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "console: MAX_SPANS='x': expected a whole number between 1 and 500000\n"


def test_listening_for_other_machines_is_warned_of() -> None:
    with running(LISTEN="0.0.0.0:0", ALLOWED_HOSTS="console.test") as started:
        port = started.url.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/livez"
        assert httpx.get(url, headers={"host": "console.test"}).status_code == 200
        assert httpx.get(url, headers={"host": "evil.example"}).status_code == 403
        _, log = started.stop(signal.SIGTERM)
    assert "Traceback" not in log
