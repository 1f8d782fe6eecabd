"""Tracing, tenants, deadlines and errors for FastAPI and ``grpc.aio`` services."""

from telemetry.config import (
    BatchConfig,
    ExporterConfig,
    LimitsConfig,
    LogsConfig,
    MetricsConfig,
    SamplerConfig,
    TelemetryConfig,
)
from telemetry.edge import Edge, EdgePolicy, Trust, by_peer, by_route, internal, public, trust_by_peer
from telemetry.env import ConfigError, Env, Secret
from telemetry.errors import ErrorClass, Severity, extract_error_details, record_error
from telemetry.grpc.channel import ChannelOptions
from telemetry.http import Capture
from telemetry.script import init_tracer
from telemetry.setup import Telemetry, configure
from telemetry.tenant import MissingTenant, current_tenant, require_tenant, use_tenant
from telemetry.trace import current_trace_id

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
