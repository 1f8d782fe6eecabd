"""What can be set from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.body import BodyLimits
from console.store import Limits
from telemetry.env import Env

_MIB = 1 << 20
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the console listens, under which names it may be called, and how much it takes and keeps."""

    listen: str = "127.0.0.1:16686"
    allowed_hosts: tuple[str, ...] = ()
    store: Limits = field(default_factory=Limits)
    bodies: BodyLimits = field(default_factory=BodyLimits)
    log_level: str = "INFO"

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
        """Read LISTEN, ALLOWED_HOSTS, MAX_TRACES, MAX_SPANS, MAX_MEMORY_MIB, MAX_BODY_MIB and LOG_LEVEL.

        Raises:
            telemetry.env.ConfigError: a value is not allowed.
        """
        env, default = Env(environ), cls()
        hosts = (host.strip() for host in env.text("ALLOWED_HOSTS", "").split(","))
        memory, unpacked = default.store.memory_bytes // _MIB, default.bodies.unpacked // _MIB
        return cls(
            listen=env.address("LISTEN", default.listen),
            allowed_hosts=tuple(filter(None, hosts)),
            store=Limits(
                traces=env.integer("MAX_TRACES", default.store.traces, low=1, high=100_000),
                spans=env.integer("MAX_SPANS", default.store.spans, low=1, high=500_000),
                memory_bytes=env.integer("MAX_MEMORY_MIB", memory, low=8, high=65_536) * _MIB,
            ),
            bodies=BodyLimits(unpacked=env.integer("MAX_BODY_MIB", unpacked, low=1, high=64) * _MIB),
            log_level=env.choice("LOG_LEVEL", default.log_level, _LEVELS),
        )
