"""The resource of every span, metric and log record."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.version import __version__ as sdk_version

from telemetry import semconv
from telemetry.config.sections import Attributes
from telemetry.config.service import TelemetryConfig
from telemetry.resource.detectors import Uname, container, host, process
from telemetry.resource.kubernetes import kubernetes_from_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the process reads about its environment; by default where Linux has it."""

    uname: Uname = field(default_factory=os.uname)
    pid: int = field(default_factory=os.getpid)
    executable: str = sys.executable
    proc: Path = Path("/proc/self")
    podinfo: Path = Path("/etc/podinfo")


def make_resource(config: TelemetryConfig, surroundings: Surroundings | None = None) -> Resource:
    """Create the resource; every process gets its own ``service.instance.id``, as the convention requires.

    Configured attributes override detected ones.
    """
    around = surroundings or Surroundings()
    made = {
        **host(around.uname),
        **process(around.pid, around.executable),
        **container(around.proc),
        **kubernetes_from_files(around.podinfo),
        semconv.SERVICE_NAME: config.service_name,
        semconv.SERVICE_VERSION: config.service_version,
        semconv.SERVICE_INSTANCE_ID: str(uuid4()),
        semconv.DEPLOYMENT_ENVIRONMENT_NAME: config.environment,
        semconv.TELEMETRY_SDK_NAME: "opentelemetry",
        semconv.TELEMETRY_SDK_LANGUAGE: "python",
        semconv.TELEMETRY_SDK_VERSION: sdk_version,
    }
    return Resource({name: value for name, value in made.items() if value} | dict(config.attributes))


def resource_after_fork(resource: Resource, config: TelemetryConfig) -> Resource:
    """Create the resource of a forked child from its parent's: another process, another instance."""
    own: Attributes = {semconv.SERVICE_INSTANCE_ID: str(uuid4()), semconv.PROCESS_PID: os.getpid()}
    return Resource({**resource.attributes, **own, **config.attributes})
