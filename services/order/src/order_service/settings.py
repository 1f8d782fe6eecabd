"""What the service is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy.engine import URL

from chassis.database.engine import read_database_url
from faults.settings import FaultSettings
from telemetry import Env, TelemetryConfig
from telemetry.logs.formatter import LOG_LEVELS

NAME = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service runs.

    Attributes:
        listen: Where it serves, ``HOST:PORT``.
        reuse_port: Whether a second instance can listen there as well, to take over.
        database_url: Where the orders are.
        user_service: Where the user service serves, ``HOST:PORT``.
        watch_window: Seconds until a watch ends and the caller has to ask again.
        watch_interval: Seconds between a watch's looks at the database.
        log_level: The least severe level that is logged.
        telemetry: Where its spans go.
        faults: What makes it fail on purpose; None where nothing may.
    """

    listen: str
    reuse_port: bool
    database_url: URL
    user_service: str
    watch_window: float
    watch_interval: float
    log_level: str
    telemetry: TelemetryConfig
    faults: FaultSettings | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; raise ConfigError for one that is wrong."""
        env = Env(environ)
        return cls(
            listen=env.address("LISTEN", "127.0.0.1:50052"),
            reuse_port=env.flag("LISTEN_REUSE_PORT", default=False),
            database_url=read_database_url(env, NAME),
            user_service=env.address("USER_SERVICE", "127.0.0.1:50051"),
            watch_window=env.number("WATCH_WINDOW", 280.0, low=0.1, high=3600.0),
            watch_interval=env.number("WATCH_INTERVAL", 2.0, low=0.05, high=60.0),
            log_level=env.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
            telemetry=TelemetryConfig.from_env(
                environ, service_name=NAME, service_version=version("throughline-order-service")
            ),
            faults=FaultSettings.from_env(environ),
        )
