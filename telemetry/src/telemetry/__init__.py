"""Tracing, tenants, deadlines and errors for FastAPI and ``grpc.aio`` services."""

from telemetry.config.sections import (
    BatchConfig,
    ExporterConfig,
    LimitsConfig,
    LogsConfig,
    MetricsConfig,
    SamplerConfig,
)
from telemetry.config.service import TelemetryConfig
from telemetry.context.current import current_trace_id
from telemetry.context.tenant import MissingTenant, current_tenant, require_tenant, use_tenant
from telemetry.edge.policy import Edge, EdgePolicy, Trust, by_peer, by_route, internal, public, trust_by_peer
from telemetry.errors import ErrorClass, Severity, extract_error_details, record_error
from telemetry.grpc.channel import ChannelOptions
from telemetry.http import Capture
from telemetry.script import init_tracer
from telemetry.settings.env import ConfigError, Env, Secret
from telemetry.setup import Telemetry, configure

__all__ = [
    "BatchConfig",
    "Capture",
    "ChannelOptions",
    "ConfigError",
    "Edge",
    "EdgePolicy",
    "Env",
    "ErrorClass",
    "ExporterConfig",
    "LimitsConfig",
    "LogsConfig",
    "MetricsConfig",
    "MissingTenant",
    "SamplerConfig",
    "Secret",
    "Severity",
    "Telemetry",
    "TelemetryConfig",
    "Trust",
    "by_peer",
    "by_route",
    "configure",
    "current_tenant",
    "current_trace_id",
    "extract_error_details",
    "init_tracer",
    "internal",
    "public",
    "record_error",
    "require_tenant",
    "trust_by_peer",
    "use_tenant",
]
