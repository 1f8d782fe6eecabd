"""OTLP's variables: one for a signal, such as ``OTEL_EXPORTER_OTLP_METRICS_HEADERS``, overrides the common one.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from urllib.parse import unquote, urlsplit

from telemetry.config.sections import Compression, ExporterConfig, Protocol, Signal, url_under
from telemetry.settings.checks import http_url
from telemetry.settings.env import ConfigError, Env


def read_otlp(env: Env, signal: Signal) -> ExporterConfig:
    """Read where a signal is sent; raise ConfigError for an invalid variable."""
    names = _Names(env, signal)
    protocol = env.choice(names.find("PROTOCOL"), "http/protobuf", get_args(Protocol))
    compression = env.choice(names.find("COMPRESSION"), "none", get_args(Compression))
    return ExporterConfig(
        endpoint=_endpoint(env, signal, protocol),
        protocol="grpc" if protocol == "grpc" else "http/protobuf",
        headers=pairs(env, names.find("HEADERS")),
        timeout=milliseconds(env, names.find("TIMEOUT"), 10.0),
        compression="gzip" if compression == "gzip" else "none",
        certificate=env.get(names.find("CERTIFICATE")),
        client_certificate=env.get(names.find("CLIENT_CERTIFICATE")),
        client_key=_client_key(env, names),
    )


def milliseconds(env: Env, name: str, default: float) -> float:
    """Read milliseconds; return seconds."""
    return env.number(name, default * 1000, low=1, high=3_600_000) / 1000


def pairs(env: Env, name: str) -> dict[str, str]:
    """Read ``key=value,key=value`` with percent-encoded values; errors never show the values, which may be secret."""
    read: dict[str, str] = {}
    for part in (env.get(name) or "").split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"{name}: expected key=value pairs separated by commas, values percent-encoded")
        read[key.strip()] = unquote(value.strip())
    return read


@dataclass(frozen=True, slots=True)
class _Names:
    env: Env
    signal: Signal

    def find(self, suffix: str) -> str:
        """Return the name of the variable in effect: the signal's own if it is set."""
        own = f"OTEL_EXPORTER_OTLP_{self.signal.upper()}_{suffix}"
        return own if self.env.get(own) is not None else f"OTEL_EXPORTER_OTLP_{suffix}"


def _client_key(env: Env, names: _Names) -> str | None:
    name = names.find("CLIENT_KEY")
    key = env.get(name)
    if key is not None and env.get(names.find("CLIENT_CERTIFICATE")) is None:
        raise ConfigError(f"{name}={key!r}: expected OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE to be set beside it")
    return key


def _endpoint(env: Env, signal: Signal, protocol: str) -> str | None:
    """Use the signal's variable unchanged; the common one is a base URL, as the specification says."""
    name = f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"
    own, common = env.get(name), env.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if own is not None:
        http_url(name, own)
        return own if protocol == "grpc" or urlsplit(own).path else url_under(own, "/")
    if common is not None:
        http_url("OTEL_EXPORTER_OTLP_ENDPOINT", common)
        return common if protocol == "grpc" else url_under(common, f"/v1/{signal}")
    return None
