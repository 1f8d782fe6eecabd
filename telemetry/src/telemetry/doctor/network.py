"""Whether the collector is reachable, and uses the exporter's protocol."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from telemetry.config.sections import ExporterConfig
from telemetry.doctor.findings import Ailment, Finding

_SECONDS = 3.0
_PORTS = {"http": 80, "https": 443}
_REQUEST = b"OPTIONS / HTTP/1.1\r\nHost: doctor\r\nConnection: close\r\n\r\n"
_HTTP1, _HTTP2 = "HTTP/1.1", "HTTP/2, as gRPC does"
_FRAME_TYPE, _SETTINGS = 3, 4  # https://www.rfc-editor.org/rfc/rfc9113#section-4.1: a server's first frame
_TLS_ALERT = 0x15  # https://www.rfc-editor.org/rfc/rfc8446#section-5.1
_USUAL = {"grpc": 4317, "http/protobuf": 4318}


@dataclass(frozen=True, slots=True)
class Address:
    """The collector's address.

    Attributes:
        host: A name or an address.
        port: Its port.
        secure: Whether it uses TLS.
    """

    host: str
    port: int
    secure: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Parse the address of a URL."""
        parts = urlsplit(url)
        return cls(parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme == "https")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def connect(self) -> socket.socket:
        """Open a connection, without TLS; raises OSError."""
        return socket.create_connection((self.host, self.port), _SECONDS)


def check_network(exporter: ExporterConfig) -> Iterator[Finding]:
    """Check name, port, TLS and protocol; stop at the first fault, since each needs the one before."""
    address = Address.of(exporter.target)
    for check in (_name, _port, _tls, _protocol):
        finding = check(address, exporter)
        yield finding
        if finding.ailment is not None:
            return


def _name(address: Address, _exporter: ExporterConfig) -> Finding:
    try:
        found = sorted({str(each[4][0]) for each in socket.getaddrinfo(address.host, address.port)})
    except (socket.gaierror, UnicodeError):
        cure = "correct the host in OTEL_EXPORTER_OTLP_ENDPOINT; in compose and Kubernetes it is the service's name"
        return Finding("name", f"{address.host!r} has no address", Ailment.NAME, cure)
    return Finding("name", f"{address.host} is {', '.join(found)}")


def _port(address: Address, exporter: ExporterConfig) -> Finding:
    try:
        address.connect().close()
    except ConnectionRefusedError:
        text = f"nothing listens at {address}"
    except OSError as error:
        text = f"{address} does not answer: {error.strerror or error}"
    else:
        return Finding("port", f"{address} takes connections")
    cure = f"start the collector, or correct the port: {exporter.protocol} is usually {_USUAL[exporter.protocol]}"
    return Finding("port", text, Ailment.PORT, cure)


def _tls(address: Address, exporter: ExporterConfig) -> Finding:
    if not address.secure:
        if _first_bytes(address.connect())[:1] == bytes([_TLS_ALERT]) or _takes_tls(address):
            text = f"{address} speaks TLS, and the endpoint is http://"
            return Finding("TLS", text, Ailment.TLS, "write the endpoint with https://")
        return Finding("TLS", "none, as configured")
    try:
        with _context(exporter).wrap_socket(address.connect(), server_hostname=address.host) as connection:
            return Finding("TLS", str(connection.version()))
    except ssl.SSLCertVerificationError as error:
        text = f"the certificate of {address} is not trusted: {error.verify_message}"
        cure = "name the authority's file in OTEL_EXPORTER_OTLP_CERTIFICATE, and the host as the certificate does"
        return Finding("TLS", text, Ailment.TLS, cure)
    except OSError as error:  # ssl.SSLError is one too
        text = f"{address} does not speak TLS with us: {getattr(error, 'reason', None) or error}"
        cure = (
            "write the endpoint with http:// for a collector without TLS; give a client certificate if it asks for one"
        )
        return Finding("TLS", text, Ailment.TLS, cure)


def _protocol(address: Address, exporter: ExporterConfig) -> Finding:
    connection = address.connect()
    if address.secure:
        connection = _context(exporter).wrap_socket(connection, server_hostname=address.host)
    expected = _HTTP2 if exporter.protocol == "grpc" else _HTTP1
    spoken = _spoken(_first_bytes(connection))
    if spoken == expected or (spoken is None and exporter.protocol == "grpc"):
        return Finding("protocol", f"{address} speaks {expected}")
    other = "grpc" if exporter.protocol != "grpc" else "http/protobuf"
    text = f"{address} speaks {spoken or 'nothing that is known here'}, and {exporter.protocol} needs {expected}"
    cure = f"use port {_USUAL[exporter.protocol]}, or set OTEL_EXPORTER_OTLP_PROTOCOL={other}"
    return Finding("protocol", text, Ailment.PROTOCOL, cure)


def _context(exporter: ExporterConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=exporter.certificate)
    if exporter.client_certificate is not None:
        context.load_cert_chain(exporter.client_certificate, exporter.client_key)
    if exporter.protocol == "grpc":
        context.set_alpn_protocols(["h2"])
    return context


def _takes_tls(address: Address) -> bool:
    """Return whether the server completes a TLS handshake; its certificate does not matter."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with address.connect() as raw, context.wrap_socket(raw, server_hostname=address.host):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # it uses TLS, and requires something, such as a client certificate
    except OSError:
        return False


def _first_bytes(connection: socket.socket) -> bytes:
    """Return the first bytes of the response to an HTTP/1.1 request."""
    with connection, suppress(OSError):
        connection.sendall(_REQUEST)
        return connection.recv(64)
    return b""


def _spoken(answer: bytes) -> str | None:
    if answer.startswith(b"HTTP/1."):
        return _HTTP1
    return _HTTP2 if answer[_FRAME_TYPE : _FRAME_TYPE + 1] == bytes([_SETTINGS]) else None
