from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from threading import enumerate as threads
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from telemetry import ConfigError, ExporterConfig, TelemetryConfig, configure
from telemetry.export.exporters import make_exporter


def export(exporter: ExporterConfig, *names: str) -> None:
    config = TelemetryConfig(
        service_name="user", service_version="1.2", environment="test", attributes={"team": "shop"}, exporter=exporter
    )
    with configure(config) as telemetry:
        for name in names or ("work",):
            with telemetry.tracer("tests").start_as_current_span(name) as span:
                span.set_attribute("order.id", "o-1")


def resource_of(body: bytes) -> dict[str, str]:
    request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
    return {each.key: each.value.string_value for each in request.resource_spans[0].resource.attributes}


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_otlp_over_http_reaches_its_collector(http_collector: Any, compression: Any) -> None:
    export(ExporterConfig(endpoint=http_collector.endpoint, headers={"Api-Key": "hunter2"}, compression=compression))

    ((path, headers, body),) = http_collector.requests
    assert path == "/v1/traces"
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["api-key"] == "hunter2"
    assert headers.get("content-encoding") == (None if compression == "none" else "gzip")
    assert http_collector.names == ["work"]
    resource = resource_of(body)
    assert {name: resource[name] for name in ("service.name", "service.version", "team")} == {
        "service.name": "user",
        "service.version": "1.2",
        "team": "shop",
    }
    assert resource["deployment.environment.name"] == "test"


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_otlp_over_grpc_reaches_its_collector(grpc_collector: Any, compression: Any) -> None:
    export(
        ExporterConfig(
            protocol="grpc",
            endpoint=grpc_collector.endpoint,
            headers={"Authorization": "Bearer hunter2"},
            compression=compression,
        )
    )

    ((_method, headers, body),) = grpc_collector.requests
    assert headers["authorization"] == "Bearer hunter2"
    assert grpc_collector.names == ["work"]
    assert resource_of(body)["service.name"] == "user"


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_headers_of_the_environment_do_not_join_a_configuration_in_code(
    http_collector: Any, grpc_collector: Any, protocol: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2")
    collector = grpc_collector if protocol == "grpc" else http_collector
    export(ExporterConfig(protocol=protocol, endpoint=collector.endpoint))
    export(ExporterConfig(protocol=protocol, endpoint=collector.endpoint, headers={"x-own": "1"}))

    assert not [headers for _path, headers, _body in collector.requests if "api-key" in headers]
    assert collector.requests[1][1]["x-own"] == "1"


def test_zipkin_gets_its_json_and_warns_that_upstream_removes_it(http_collector: Any) -> None:
    with pytest.warns(DeprecationWarning, match="removes its Zipkin exporter in December 2026: send OTLP"):
        export(ExporterConfig(kind="zipkin", endpoint=f"{http_collector.endpoint}/api/v2/spans"))

    ((path, headers, body),) = http_collector.requests
    (span,) = json.loads(body)
    assert path == "/api/v2/spans"
    assert headers["content-type"] == "application/json"
    assert span["name"] == "work"
    assert span["localEndpoint"]["serviceName"] == "user"
    assert span["tags"]["order.id"] == "o-1"


def test_zipkin_without_its_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.zipkin", None)
    with pytest.raises(ConfigError) as raised:
        make_exporter(ExporterConfig(kind="zipkin"))

    assert str(raised.value) == ("exporter kind='zipkin': needs the extra: pip install 'throughline-telemetry[zipkin]'")


def test_the_console_gets_each_span(capsys: pytest.CaptureFixture[str]) -> None:
    export(ExporterConfig(kind="console"))

    span = json.loads(capsys.readouterr().out)
    assert span["name"] == "work"
    assert span["attributes"] == {"order.id": "o-1"}


def test_none_exports_nothing_and_starts_no_thread() -> None:
    before = threads()
    assert make_exporter(ExporterConfig(kind="none")) is None
    with configure(TelemetryConfig(service_name="user", exporter=ExporterConfig(kind="none"))) as telemetry:
        assert telemetry.export_counts == ()
        assert threads() == before


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_certificate_that_cannot_be_read_is_one_clear_line_at_the_start(protocol: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "missing.pem")
    with pytest.raises(ConfigError) as raised:
        make_exporter(ExporterConfig(protocol=protocol, endpoint="https://localhost:1", certificate=path))

    assert str(raised.value) == (f"exporter certificate={path!r}: the file cannot be read: No such file or directory")


def test_otlp_over_tls_trusts_the_certificate_that_is_named(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests, which the SDK sends with, believes these more
        monkeypatch.delenv(name, raising=False)
    received: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            received.append(self.path)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.handle_request)
    thread.start()
    export(ExporterConfig(endpoint=f"https://127.0.0.1:{server.server_port}", certificate=str(authority)))
    thread.join()
    server.server_close()

    assert received == ["/v1/traces"]


def test_otlp_over_grpc_with_tls_trusts_the_certificate_that_is_named(authority: Path) -> None:
    received: list[Any] = []

    class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802
            received.append(request)
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.server(ThreadPoolExecutor(1))
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(Receiver(), server)
    pem = authority.read_bytes()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, pem)]))
    server.start()
    export(ExporterConfig(protocol="grpc", endpoint=f"https://127.0.0.1:{port}", certificate=str(authority)))
    server.stop(None).wait()

    assert len(received) == 1


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """Give the file of a certificate for 127.0.0.1 that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "authority.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
