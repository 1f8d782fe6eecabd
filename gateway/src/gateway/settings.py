"""What the gateway is told from outside, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from gateway.backends import BACKENDS
from telemetry import ConfigError, Env, Secret, TelemetryConfig
from telemetry.logs.formatter import LOG_LEVELS
from telemetry.settings.checks import http_url

SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """Which bearer tokens are good: those signed with `key` (HS256) or with a key found at `jwks_url` (RS256).

    Attributes:
        key: At least 32 bytes in UTF-8.
        jwks_url: Where the issuer publishes its public keys.
        issuer: What the claim ``iss`` must be.
        audience: What the claim ``aud`` must be or contain.
    """

    key: Secret | None = None
    jwks_url: str | None = None
    issuer: str = "throughline"
    audience: str = "throughline"

    def __post_init__(self) -> None:
        if self.key is None and self.jwks_url is None:
            raise ConfigError(
                f"JWT_KEY is not set: expected a key of at least {SHORTEST_KEY} bytes, "
                "its file's name in JWT_KEY_FILE, or JWKS_URL"
            )
        if self.key is not None and self.jwks_url is not None:
            raise ConfigError("JWT_KEY and JWKS_URL are both set: expected one of them")
        if self.key is not None and (length := len(self.key.reveal().encode())) < SHORTEST_KEY:
            raise ConfigError(f"JWT_KEY has {length} bytes: expected at least {SHORTEST_KEY}")
        if self.jwks_url is not None:
            http_url("JWKS_URL", self.jwks_url)

    @classmethod
    def from_env(cls, env: Env) -> TokenSettings:
        """Read JWT_KEY or JWT_KEY_FILE, JWKS_URL, JWT_ISSUER and JWT_AUDIENCE; raise ConfigError for a wrong one."""
        return cls(
            key=env.secret("JWT_KEY"),
            jwks_url=env.get("JWKS_URL"),
            issuer=env.text("JWT_ISSUER", "throughline"),
            audience=env.text("JWT_AUDIENCE", "throughline"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the gateway is told.

    Attributes:
        tokens: Which bearer tokens are good.
        telemetry: See `telemetry.TelemetryConfig`.
        addresses: ``host:port`` of each service behind the edge, by name.
        listen: ``host:port`` to serve on; port 0 takes a free one.
        reuse_port: Whether a second gateway can listen there as well, to take over.
        request_timeout: Seconds for the work of one request, and for its body to arrive.
        stream_timeout: Seconds that one stream of events may last; its reader then asks again.
        heartbeat: Seconds of silence on a stream of events before a comment is sent.
        log_level: The least severe level that is logged.
    """

    tokens: TokenSettings
    telemetry: TelemetryConfig
    addresses: Mapping[str, str]
    listen: str = "127.0.0.1:8000"
    reuse_port: bool = False
    request_timeout: float = 5.0
    stream_timeout: float = 300.0
    heartbeat: float = 15.0
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise ConfigError, one clear line, for what is wrong in it."""
        env = Env(environ)
        return cls(
            tokens=TokenSettings.from_env(env),
            telemetry=TelemetryConfig.from_env(
                environ, service_name="gateway", service_version=version("throughline-gateway")
            ),
            listen=env.address("LISTEN", "127.0.0.1:8000"),
            reuse_port=env.flag("LISTEN_REUSE_PORT", default=False),
            addresses={each.client.name: env.address(each.variable, each.address) for each in BACKENDS},
            request_timeout=env.number("REQUEST_TIMEOUT", 5.0, low=0.1, high=60.0),
            stream_timeout=env.number("STREAM_TIMEOUT", 300.0, low=1.0, high=3600.0),
            log_level=env.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        )
