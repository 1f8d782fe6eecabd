"""Who sends the telemetry: the resource of every span."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.version import __version__ as sdk_version

from telemetry import semconv

if TYPE_CHECKING:
    from telemetry.config import TelemetryConfig


def make_resource(config: TelemetryConfig) -> Resource:
    """Make the resource; every process gets a ``service.instance.id`` of its own, as the convention asks."""
    made = {
        semconv.SERVICE_NAME: config.service_name,
        semconv.SERVICE_VERSION: config.service_version,
        semconv.SERVICE_INSTANCE_ID: str(uuid4()),
        semconv.DEPLOYMENT_ENVIRONMENT_NAME: config.environment,
        semconv.TELEMETRY_SDK_NAME: "opentelemetry",
        semconv.TELEMETRY_SDK_LANGUAGE: "python",
        semconv.TELEMETRY_SDK_VERSION: sdk_version,
    }
    return Resource({name: value for name, value in made.items() if value} | dict(config.attributes))
