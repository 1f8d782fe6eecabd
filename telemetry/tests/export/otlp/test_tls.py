"""Mutual TLS with real receivers; an authority, a server and a client are made for each test."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from grpc import StatusCode
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from telemetry import ChannelOptions, ConfigError, ExporterConfig, Telemetry, TelemetryConfig, configure
from telemetry.export.otlp.tls import TlsFiles, read_tls

Receiving = Callable[["Certificates", list[str]], AbstractContextManager[str]]


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files; `locked` is the client's key behind a password, `both` the client's certificate and key."""

    authority: str
    server: str
    server_key: str
    client: str
    client_key: str
    locked: str
    both: str


def exported(protocol: Any, endpoint: str, certificates: Certificates, **options: Any) -> int:
    """Export one span over TLS; give how many arrived as far as the exporter knows."""
    exporter = ExporterConfig(
        protocol=protocol, endpoint=endpoint, certificate=certificates.authority, timeout=2.0, **options
    )
    with configure(TelemetryConfig(service_name="tls", exporter=exporter)) as telemetry:
        telemetry.tracer("tests").start_span("work").end()
        telemetry.force_flush(5.0)
        return telemetry.export_counts[0].exported


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_client_that_shows_its_certificate_is_let_in(
    protocol: str, receiving: Receiving, certificates: Certificates
) -> None:
    received: list[str] = []
    with receiving(certificates, received) as endpoint:
        shown = {"client_certificate": certificates.client, "client_key": certificates.client_key}
        assert exported(protocol, endpoint, certificates, **shown) == 1

    assert received == ["client.example"]


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_certificate_and_key_may_share_a_file(protocol: str, receiving: Receiving, certificates: Certificates) -> None:
    received: list[str] = []
    with receiving(certificates, received) as endpoint:
        assert exported(protocol, endpoint, certificates, client_certificate=certificates.both) == 1

    assert received == ["client.example"]


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_client_that_shows_none_is_not_let_in(
    protocol: str, receiving: Receiving, certificates: Certificates
) -> None:
    received: list[str] = []
    with receiving(certificates, received) as endpoint:
        assert exported(protocol, endpoint, certificates) == 0

    assert not received


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_what_the_environment_says_of_certificates_does_not_matter(
    protocol: str, receiving: Receiving, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[str] = []
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "OTEL_EXPORTER_OTLP_CERTIFICATE"):
        monkeypatch.setenv(name, certificates.client)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificates.both)
    with receiving(certificates, received) as endpoint:
        assert exported(protocol, endpoint, certificates) == 0
        assert exported(protocol, endpoint, certificates, client_certificate=certificates.both) == 1

    assert received == ["client.example"]


def test_the_files_are_read_as_they_are(certificates: Certificates) -> None:
    config = ExporterConfig(client_certificate=certificates.client, client_key=certificates.client_key)

    assert read_tls(ExporterConfig()) == TlsFiles()
    assert read_tls(config).client_key == Path(certificates.client_key).read_bytes()


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize(
    ("files", "line"),
    [
        (["client_key"], "certificate={0!r}: expected certificates in PEM"),
        (
            [None, "client", "server_key"],
            "client_certificate={1!r}, client_key={2!r}: expected a certificate and its private key, in PEM",
        ),
        (
            [None, "client"],
            "client_certificate={1!r}, client_key={2!r}: expected a certificate and its private key, in PEM",
        ),
        ([None, "client", "locked"], "client_key={2!r}: expected a key without a password"),
        ([None, "missing"], "client_certificate={1!r}: the file cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_good_is_one_line_at_the_start(
    protocol: Any, certificates: Certificates, files: list[str | None], line: str
) -> None:
    paths = [None if name is None else getattr(certificates, name, "/missing") for name in [*files, None, None]]
    exporter = ExporterConfig(
        protocol=protocol,
        endpoint="https://localhost:1",
        certificate=paths[0],
        client_certificate=paths[1],
        client_key=paths[2],
    )
    with pytest.raises(ConfigError) as raised:
        configure(TelemetryConfig(service_name="tls", exporter=exporter))

    assert str(raised.value) == f"exporter {line.format(*paths)}"


@pytest.fixture
def receiving(protocol: str) -> Receiving:
    return receiving_grpc if protocol == "grpc" else receiving_http


@contextmanager
def receiving_http(certificates: Certificates, received: list[str]) -> Iterator[str]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            subject: Any = self.connection.getpeercert()["subject"]
            received.append(dict(pair[0] for pair in subject)["commonName"])
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            """Say nothing of a handshake that failed."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def receiving_grpc(certificates: Certificates, received: list[str]) -> Iterator[str]:
    class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
        def Export(self, _request: Any, context: Any) -> Any:  # noqa: N802
            received.append(context.auth_context()["x509_common_name"][0].decode())
            return trace_service_pb2.ExportTraceServiceResponse()

    server = grpc.server(ThreadPoolExecutor(1))
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(Receiver(), server)
    pair = (Path(certificates.server_key).read_bytes(), Path(certificates.server).read_bytes())
    authority = Path(certificates.authority).read_bytes()
    credentials = grpc.ssl_server_credentials([pair], authority, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize("shows", [True, False])
async def test_a_channel_speaks_tls_and_shows_its_certificate_where_it_has_one(
    telemetry: Telemetry,
    certificates: Certificates,
    shows: bool,  # noqa: FBT001
) -> None:
    async def answer(_request: bytes, context: Any) -> bytes:
        return b" ".join(context.auth_context()["x509_common_name"])

    def read(path: str) -> bytes:
        return Path(path).read_bytes()

    server = telemetry.server()
    handlers: dict[str, Any] = {"Answer": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
    authority = read(certificates.authority)
    own = [(read(certificates.server_key), read(certificates.server))]
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(own, authority, require_client_auth=True))
    await server.start()
    shown = (read(certificates.client_key), read(certificates.client)) if shows else ()
    options = ChannelOptions(credentials=grpc.ssl_channel_credentials(authority, *shown))
    async with telemetry.channel(f"127.0.0.1:{port}", options=options) as channel:
        unary: Any = channel.unary_unary("/test.Service/Answer")
        call = unary(b"")
        if shows:
            assert await call == b"client.example"
        else:
            assert await call.code() is StatusCode.UNAVAILABLE
    await server.stop(None)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("tls")

    def written(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        return str(folder / name)

    authority_key, server_key, client_key = (generate_private_key(SECP256R1()) for _key in range(3))
    authority = signed("authority.example", authority_key, "authority.example", authority_key, is_authority=True)
    server = signed("127.0.0.1", server_key, "authority.example", authority_key)
    client = signed("client.example", client_key, "authority.example", authority_key)
    return Certificates(
        authority=written("authority.pem", authority),
        server=written("server.pem", server),
        server_key=written("server.key", private(server_key)),
        client=written("client.pem", client),
        client_key=written("client.key", private(client_key)),
        locked=written("locked.key", private(client_key, pem.BestAvailableEncryption(b"hunter2"))),
        both=written("both.pem", client + private(client_key)),
    )


def private(key: EllipticCurvePrivateKey, encryption: pem.KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, encryption or pem.NoEncryption())


def signed(
    subject: str,
    key: EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )
    return builder.sign(issuer_key, SHA256()).public_bytes(pem.Encoding.PEM)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
