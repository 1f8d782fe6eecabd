"""What can be set from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from console.receive.body import BodyLimits
from console.store import Limits, RingLimits
from telemetry.settings.env import ConfigError, Env

_MIB = 1 << 20
_MEMORY_MIB = 256
_OFF = "off"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the console listens, under which names it may be called, and how much it takes and keeps.

    Attributes:
        listen: where pages, query APIs and OTLP/HTTP are.
        otlp_http: where OTLP/HTTP is as well, for exporters that are not configured; None for nowhere.
        otlp_grpc: where OTLP/gRPC is; None for nowhere.
        allowed_hosts: names under which it may be called, besides the loopback's.
        jaeger_url: a Jaeger that has the traces, too, and that the pages link to; empty for none.
        file: keeps what is held when the program ends; None for memory alone.
        reuse_port: whether a second console can listen on `listen` as well, to take over.
    """

    listen: str = "127.0.0.1:16686"
    otlp_http: str | None = "127.0.0.1:4318"
    otlp_grpc: str | None = "127.0.0.1:4317"
    allowed_hosts: tuple[str, ...] = ()
    traces: Limits = field(default_factory=Limits)
    logs: RingLimits = field(default_factory=RingLimits)
    metrics: RingLimits = field(default_factory=lambda: RingLimits(memory_bytes=16 << 20))
    bodies: BodyLimits = field(default_factory=BodyLimits)
    file: Path | None = None
    jaeger_url: str = ""
    log_level: str = "INFO"
    reuse_port: bool = False

    @property
    def host(self) -> str:
        """The host to listen on, an IPv6 address in brackets."""
        return self.listen.rpartition(":")[0]

    @property
    def port(self) -> int:
        """The port to listen on; 0 means any that is free."""
        return int(self.listen.rpartition(":")[2])

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read LISTEN, LISTEN_REUSE_PORT, OTLP_HTTP_LISTEN, OTLP_GRPC_LISTEN, ALLOWED_HOSTS, FILE, MAX_… and LOG_LEVEL.

        MAX_MEMORY_MIB is for all together: three quarters are for traces, the rest for log records and metrics.

        Raises:
            telemetry.env.ConfigError: a value is not allowed.
        """
        env, default = Env(environ), cls()
        hosts = (host.strip() for host in env.text("ALLOWED_HOSTS", "").split(","))
        memory = env.integer("MAX_MEMORY_MIB", _MEMORY_MIB, low=8, high=65_536) * _MIB
        unpacked = env.integer("MAX_BODY_MIB", default.bodies.unpacked // _MIB, low=1, high=64) * _MIB
        return cls(
            listen=env.address("LISTEN", default.listen),
            otlp_http=_listen_or_off(env, "OTLP_HTTP_LISTEN", default.otlp_http),
            otlp_grpc=_listen_or_off(env, "OTLP_GRPC_LISTEN", default.otlp_grpc),
            allowed_hosts=tuple(filter(None, hosts)),
            traces=Limits(
                traces=env.integer("MAX_TRACES", default.traces.traces, low=1, high=100_000),
                spans=env.integer("MAX_SPANS", default.traces.spans, low=1, high=500_000),
                memory_bytes=memory * 3 // 4,
            ),
            logs=RingLimits(env.integer("MAX_LOGS", default.logs.items, low=1, high=1_000_000), memory * 3 // 16),
            metrics=RingLimits(default.metrics.items, memory // 16),
            bodies=BodyLimits(unpacked=unpacked),
            file=Path(file) if (file := env.get("FILE")) else None,
            jaeger_url=_web_address(env, "JAEGER_URL"),
            log_level=env.choice("LOG_LEVEL", default.log_level, _LEVELS),
            reuse_port=env.flag("LISTEN_REUSE_PORT", default=default.reuse_port),
        )


def _listen_or_off(env: Env, name: str, default: str | None) -> str | None:
    if env.get(name) == _OFF or (env.get(name) is None and default is None):
        return None
    return env.address(name, default or "")


def _web_address(env: Env, name: str) -> str:
    url = (env.get(name) or "").rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(f"{name}={url!r}: expected an address such as http://127.0.0.1:16686")
    return url
