"""Tracing, tenants, deadlines and errors for FastAPI and ``grpc.aio`` services."""

from telemetry.config import BatchConfig, ExporterConfig, SamplerConfig, TelemetryConfig
from telemetry.env import ConfigError, Env, Secret
from telemetry.errors import ErrorClass, Severity, extract_error_details, record_error
from telemetry.grpc.channel import ChannelOptions
from telemetry.http import Edge, EdgePolicy
from telemetry.setup import Telemetry, configure, init_tracer
from telemetry.tenant import MissingTenant, current_tenant, require_tenant, use_tenant
from telemetry.trace import current_trace_id

__all__ = [
    "BatchConfig",
    "ChannelOptions",
    "ConfigError",
    "Edge",
    "EdgePolicy",
    "Env",
    "ErrorClass",
    "ExporterConfig",
    "MissingTenant",
    "SamplerConfig",
    "Secret",
    "Severity",
    "Telemetry",
    "TelemetryConfig",
    "configure",
    "current_tenant",
    "current_trace_id",
    "extract_error_details",
    "init_tracer",
    "record_error",
    "require_tenant",
    "use_tenant",
]
