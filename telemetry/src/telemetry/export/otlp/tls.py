"""TLS files, read and validated when telemetry is configured, not by the first export."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from telemetry.config.sections import ExporterConfig
from telemetry.settings.env import ConfigError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The contents of the files, in PEM; None where none is configured."""

    authorities: bytes | None = None
    client_certificate: bytes | None = None
    client_key: bytes | None = None


def read_tls(config: ExporterConfig) -> TlsFiles:
    """Read the files; raise ConfigError with one line for a file that is unreadable or invalid."""
    certificate = _read("certificate", config.certificate)
    client_certificate = _read("client_certificate", config.client_certificate)
    client_key = _read("client_key", config.client_key or config.client_certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if config.certificate is not None:
        try:
            context.load_verify_locations(config.certificate)
        except ssl.SSLError:
            raise ConfigError(f"exporter certificate={config.certificate!r}: expected certificates in PEM") from None
    if config.client_certificate is not None:
        _try_client(context, config.client_certificate, config.client_key)
    return TlsFiles(certificate, client_certificate, client_key)


def _try_client(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    def no_password() -> str:
        raise ConfigError(f"exporter client_key={key or certificate!r}: expected a key without a password")

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError:
        shown = f"exporter client_certificate={certificate!r}, client_key={key!r}"
        raise ConfigError(f"{shown}: expected a certificate and its private key, in PEM") from None


def _read(name: str, path: str | None) -> bytes | None:
    try:
        return None if path is None else Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"exporter {name}={path!r}: the file cannot be read: {error.strerror}") from None
