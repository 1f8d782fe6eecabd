"""Checks of the configuration alone, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from requests.utils import should_bypass_proxies

from telemetry.config.sections import ExporterConfig
from telemetry.config.service import TelemetryConfig
from telemetry.doctor.findings import Ailment, Finding

_OFF = {"always_off", "parentbased_always_off"}
_RATIO = {"traceidratio", "parentbased_traceidratio"}


def check_configuration(config: TelemetryConfig, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check exporter, sampler, propagators and proxies; a fault of one does not hide those of the others."""
    yield _exporter(config)
    yield _sampler(config)
    yield _propagators(config.propagators)
    for exporter in otlp_exporters(config):
        yield _proxy(exporter, environ)


def otlp_exporters(config: TelemetryConfig) -> list[ExporterConfig]:
    """Return the trace exporters that send to a collector."""
    return [exporter for exporter in config.exporters if exporter.kind == "otlp"]


def _exporter(config: TelemetryConfig) -> Finding:
    if exporters := otlp_exporters(config):
        there = ", ".join(f"{exporter.protocol} to {exporter.target}" for exporter in exporters)
        return Finding("exporter", f"OTLP by {there}")
    kinds = ", ".join(exporter.kind for exporter in config.exporters) or "none"
    cure = "set OTEL_TRACES_EXPORTER=otlp, or leave it out"
    return Finding("exporter", f"{kinds}: no traces go to a collector", Ailment.EXPORTER, cure)


def _sampler(config: TelemetryConfig) -> Finding:
    sampler = config.sampler
    if sampler.kind in _OFF:
        never, cure = f"{sampler.kind} records no trace of its own", "set OTEL_TRACES_SAMPLER=parentbased_always_on"
    elif sampler.kind in _RATIO and sampler.ratio == 0:
        never, cure = f"{sampler.kind} with 0 records no trace", "set OTEL_TRACES_SAMPLER_ARG to more than 0, at most 1"
    elif sampler.kind == "rate_limited" and sampler.rate == 0:
        never, cure = "rate_limited with 0 records no trace", "set the rate to more than 0 traces a second"
    else:
        return Finding("sampler", sampler.kind)
    return Finding("sampler", never, Ailment.SAMPLER, cure)


def _propagators(names: tuple[str, ...]) -> Finding:
    if "tracecontext" in names:
        return Finding("propagators", ", ".join(names))
    text = f"{', '.join(names) or 'none'}: no traceparent is read or sent, so every service has traces of its own"
    return Finding("propagators", text, Ailment.PROPAGATOR, "set OTEL_PROPAGATORS=tracecontext,baggage")


def _proxy(exporter: ExporterConfig, environ: Mapping[str, str]) -> Finding:
    """Check for a proxy between here and the collector; requests and gRPC both use these variables."""
    target = urlsplit(exporter.target)
    names = [f"{target.scheme}_proxy", "all_proxy"] if exporter.protocol != "grpc" else _GRPC_PROXIES
    found = next((name for each in names for name in (each, each.upper()) if environ.get(name)), None)
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    host = target.hostname or ""
    if found is None or should_bypass_proxies(exporter.target, no_proxy):
        return Finding("proxy", "none is between here and the collector")
    cure = f"add {host} to NO_PROXY, or take {found} away"
    return Finding("proxy", f"{found} sends what is meant for {host} to a proxy", Ailment.PROXY, cure)


# https://grpc.github.io/grpc/core/md_doc_environment_variables.html
_GRPC_PROXIES = ["grpc_proxy", "https_proxy", "http_proxy"]
