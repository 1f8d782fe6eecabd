"""Each thing that can break is broken for real, and must be told by its own class, line and exit code."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from telemetry.doctor import EXIT_CODES, Ailment, Diagnosis, examine

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # peers that hang up in a handshake


def broken(diagnosis: Diagnosis) -> tuple[Ailment | None, str, str]:
    """Give class, text and cure of what is wrong: one thing, for which the exit code stands."""
    (finding,) = [each for each in diagnosis.findings if each.ailment is not None]
    assert finding.ailment is not None
    assert diagnosis.exit_code == EXIT_CODES[finding.ailment]
    assert finding.cure
    return finding.ailment, finding.text, finding.cure


def sending_to(endpoint: str, **more: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **more}


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Give the address of a server over HTTP; with a context, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            answer(self)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            """Say nothing of those who hang up."""

        def get_request(self) -> Any:
            connection, address = super().get_request()
            return (context.wrap_socket(connection, server_side=True) if context else connection), address

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answering(status: int, at: datetime | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        handler.send_header("date", format_datetime(at or datetime.now(UTC), usegmt=True))
        handler.send_header("content-length", "0")
        handler.end_headers()

    return answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a key and a certificate for 127.0.0.1 that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "collector")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_collector(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(answering(200), context) as address:
        yield address.replace("127.0.0.1", "localhost")


class TestAllIsWell:
    def test_over_http(self, http_collector: Any) -> None:
        diagnosis = examine(sending_to(http_collector.endpoint))

        assert [finding.ailment for finding in diagnosis.findings if finding.ailment] == []
        assert diagnosis.exit_code == 0
        assert http_collector.names == ["doctor.probe"]

    def test_over_grpc(self, grpc_collector: Any) -> None:
        diagnosis = examine(sending_to(grpc_collector.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL="grpc"))

        assert diagnosis.exit_code == 0
        assert grpc_collector.names == ["doctor.probe"]

    def test_over_tls(self, tls_collector: str, certificate: Path) -> None:
        environ = sending_to(f"https://{tls_collector}", OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificate))

        assert examine(environ).exit_code == 0


class TestConfiguration:
    def test_a_wrong_setting(self) -> None:
        ailment, text, _ = broken(examine({"OTEL_EXPORTER_OTLP_PROTOCOL": "smoke signals"}))

        assert ailment is Ailment.SETTING
        assert "OTEL_EXPORTER_OTLP_PROTOCOL='smoke signals'" in text

    def test_no_exporter(self) -> None:
        assert broken(examine({"OTEL_TRACES_EXPORTER": "none"}))[0] is Ailment.EXPORTER

    @pytest.mark.parametrize(
        "environ",
        [
            {"OTEL_TRACES_SAMPLER": "always_off"},
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.0"},
        ],
    )
    def test_a_sampler_that_takes_nothing(self, http_collector: Any, environ: dict[str, str]) -> None:
        ailment, text, cure = broken(examine(sending_to(http_collector.endpoint, **environ)))

        assert ailment is Ailment.SAMPLER
        assert "records no trace" in text
        assert "OTEL_TRACES_SAMPLER" in cure
        assert http_collector.names == ["doctor.probe"]  # the way is shown to be good all the same

    @pytest.mark.parametrize("names", ["none", "baggage"])
    def test_no_propagator_of_traces(self, http_collector: Any, names: str) -> None:
        ailment, text, _ = broken(examine(sending_to(http_collector.endpoint, OTEL_PROPAGATORS=names)))

        assert ailment is Ailment.PROPAGATOR
        assert "traces of its own" in text

    @pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
    def test_a_proxy_in_between(self, http_collector: Any, variable: str) -> None:
        given = {variable: "http://proxy.invalid:3128"}

        ailment, text, cure = broken(examine(sending_to(http_collector.endpoint, **given)))

        assert ailment is Ailment.PROXY
        assert variable in text
        assert "127.0.0.1 to NO_PROXY" in cure

    def test_a_proxy_that_is_not_for_this_host(self, http_collector: Any) -> None:
        given = {"HTTP_PROXY": "http://proxy.invalid:3128", "NO_PROXY": "127.0.0.1"}

        assert examine(sending_to(http_collector.endpoint, **given)).exit_code == 0


class TestTheWay:
    def test_a_name_that_is_none(self) -> None:
        ailment, text, _ = broken(examine(sending_to("http://collector.invalid:4318")))

        assert (ailment, text) == (Ailment.NAME, "'collector.invalid' has no address")

    def test_a_port_that_nobody_listens_on(self, unused_address: str) -> None:
        ailment, text, _ = broken(examine(sending_to(f"http://{unused_address}")))

        assert (ailment, text) == (Ailment.PORT, f"nothing listens at {unused_address}")

    def test_tls_where_there_is_none(self, http_collector: Any) -> None:
        ailment, _, cure = broken(examine(sending_to(http_collector.endpoint.replace("http:", "https:"))))

        assert ailment is Ailment.TLS
        assert "http://" in cure

    def test_no_tls_where_there_is_one(self, tls_collector: str) -> None:
        ailment, _, cure = broken(examine(sending_to(f"http://{tls_collector}")))

        assert ailment is Ailment.TLS
        assert "https://" in cure

    def test_a_certificate_that_is_not_trusted(self, tls_collector: str) -> None:
        ailment, text, cure = broken(examine(sending_to(f"https://{tls_collector}")))

        assert ailment is Ailment.TLS
        assert "not trusted" in text
        assert "OTEL_EXPORTER_OTLP_CERTIFICATE" in cure

    def test_grpc_to_the_port_of_http(self, http_collector: Any) -> None:
        environ = sending_to(http_collector.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")

        ailment, text, cure = broken(examine(environ))

        assert ailment is Ailment.PROTOCOL
        assert "speaks HTTP/1.1, and grpc needs HTTP/2" in text
        assert "4317" in cure

    def test_http_to_the_port_of_grpc(self, grpc_collector: Any) -> None:
        ailment, text, cure = broken(examine(sending_to(grpc_collector.endpoint)))

        assert ailment is Ailment.PROTOCOL
        assert "http/protobuf needs HTTP/1.1" in text
        assert "4318" in cure


class TestTheCollector:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (401, Ailment.REFUSED),
            (403, Ailment.REFUSED),
            (404, Ailment.PROTOCOL),
            (429, Ailment.COLLECTOR),
            (503, Ailment.COLLECTOR),
        ],
    )
    def test_that_takes_nothing(self, http_collector: Any, status: int, expected: Ailment) -> None:
        http_collector.status = status

        ailment, text, _ = broken(examine(sending_to(http_collector.endpoint)))

        assert (ailment, text) == (expected, f"the collector answered {status} to an export")

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (grpc.StatusCode.UNAUTHENTICATED, Ailment.REFUSED),
            (grpc.StatusCode.UNIMPLEMENTED, Ailment.PROTOCOL),
            (grpc.StatusCode.RESOURCE_EXHAUSTED, Ailment.COLLECTOR),
        ],
    )
    def test_that_takes_nothing_by_grpc(self, code: grpc.StatusCode, expected: Ailment) -> None:
        class Refusing(TraceServiceServicer):
            def Export(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
                context.abort(code, "no")

        server = grpc.server(ThreadPoolExecutor(1))
        add_TraceServiceServicer_to_server(Refusing(), server)  # type: ignore[no-untyped-call]
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            environ = sending_to(f"http://127.0.0.1:{port}", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
            assert broken(examine(environ))[0] is expected
        finally:
            server.stop(None).wait()

    @pytest.mark.parametrize(("hours", "word"), [(1, "behind"), (-1, "ahead of")])
    def test_whose_clock_is_another(self, hours: int, word: str) -> None:
        with serving(answering(200, datetime.now(UTC) + timedelta(hours=hours))) as address:
            ailment, text, cure = broken(examine(sending_to(f"http://{address}")))

        assert ailment is Ailment.CLOCK
        assert word in text
        assert "NTP" in cure


class TestTheTrace:
    def test_that_jaeger_does_not_have(self, http_collector: Any) -> None:
        with serving(answering(404)) as jaeger:
            ailment, text, _ = broken(examine(sending_to(http_collector.endpoint), f"http://{jaeger}", within=0.3))

        assert ailment is Ailment.TRACE
        assert "has no trace" in text

    def test_when_jaeger_does_not_answer(self, http_collector: Any, unused_address: str) -> None:
        diagnosis = examine(sending_to(http_collector.endpoint), f"http://{unused_address}", within=0.3)

        ailment, text, _ = broken(diagnosis)
        assert ailment is Ailment.TRACE
        assert "does not answer" in text


class TestTheProgram:
    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "telemetry.doctor", *arguments)
        environment = {"PATH": os.environ["PATH"], **environ}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603

    def test_prints_a_line_each_and_the_cure(self, unused_address: str) -> None:
        done = self.run(**sending_to(f"http://{unused_address}"))

        assert (done.returncode, done.stderr) == (EXIT_CODES[Ailment.PORT], "")
        assert "ok   sampler      parentbased_always_on\n" in done.stdout
        assert f"FAIL port         nothing listens at {unused_address}\n" in done.stdout
        assert "cure: start the collector" in done.stdout

    def test_prints_json(self, http_collector: Any) -> None:
        done = self.run("--json", **sending_to(http_collector.endpoint))

        told = json.loads(done.stdout)
        assert (done.returncode, told["exit_code"]) == (0, 0)
        assert {finding["subject"] for finding in told["findings"]} >= {"name", "port", "TLS", "protocol", "probe"}

    def test_tells_no_secret(self, http_collector: Any) -> None:
        http_collector.status = 401
        environ = sending_to(http_collector.endpoint, OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20hunter2")

        done = self.run("--json", **environ)

        assert done.returncode == EXIT_CODES[Ailment.REFUSED]
        assert "hunter2" not in done.stdout + done.stderr


def test_every_class_has_an_exit_code_of_its_own() -> None:
    assert set(EXIT_CODES) == set(Ailment)
    assert len(set(EXIT_CODES.values())) == len(Ailment)
    assert min(EXIT_CODES.values()) == 2
