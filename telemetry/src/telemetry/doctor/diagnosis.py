"""The whole diagnosis, from the configuration to the trace store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from telemetry.config.sections import ExporterConfig
from telemetry.config.service import TelemetryConfig
from telemetry.doctor.configuration import check_configuration, otlp_exporters
from telemetry.doctor.findings import EXIT_CODES, Ailment, Finding
from telemetry.doctor.network import check_network
from telemetry.doctor.otlp import check_export
from telemetry.doctor.probe import check_probe
from telemetry.settings.env import ConfigError


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 when everything works, else the code of the first fault."""
        return next((EXIT_CODES[finding.ailment] for finding in self.findings if finding.ailment is not None), 0)


def examine(environ: Mapping[str, str], query_url: str | None = None, within: float = 10.0) -> Diagnosis:
    """Check everything between a service with this environment and the trace store.

    Args:
        environ: The service's.
        query_url: Jaeger's query address; None skips that check.
        within: Seconds for a span to arrive there.
    """
    return Diagnosis(tuple(_findings(environ, query_url, within)))


def _findings(environ: Mapping[str, str], query_url: str | None, within: float) -> Iterator[Finding]:
    try:
        config = TelemetryConfig.from_env(environ, service_name="telemetry-doctor")
    except ConfigError as error:
        yield Finding("settings", str(error), Ailment.SETTING, "correct this variable: the service would not start")
        return
    yield from check_configuration(config, environ)
    for exporter in otlp_exporters(config):
        for finding in _way(replace(config, exporter=exporter), exporter, query_url, within):
            yield finding
            if finding.ailment not in (None, Ailment.CLOCK):
                break


def _way(config: TelemetryConfig, exporter: ExporterConfig, query_url: str | None, within: float) -> Iterator[Finding]:
    """Follow the path of a span; each step needs the one before."""
    yield from check_network(exporter)
    yield from check_export(exporter)
    yield from check_probe(config, query_url, within)
