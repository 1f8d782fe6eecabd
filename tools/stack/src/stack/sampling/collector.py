"""A collector as a process, with the sampling and the span metrics of the profile `observability`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import yaml

from stack.places import ROOT
from stack.ports import HOST, free_ports
from stack.probes.readiness import http_answers
from stack.processes.program import Program
from stack.sampling.ways import SHARE, WATCHED, WATCHED_SHARE

_FILES = tuple(ROOT / "deploy" / "collector" / f"{name}.yaml" for name in ("common", "sampling", "measuring"))
_FIRST = ["memory_limiter", "filter/health", "redaction"]
_CALLS = "traces_span_metrics_calls_total{"
_KEEP = [*_FIRST, "transform/texts", "tail_sampling", "transform/decision", "batch"]
_PIPELINES: dict[str, object] = {
    "connectors": {"span_metrics": {"metrics_flush_interval": "1s"}},
    "service": {
        "telemetry": {"metrics": {"level": "none"}},
        "pipelines": {
            "traces/measure": {"receivers": ["otlp"], "processors": _FIRST, "exporters": ["span_metrics"]},
            "traces/keep": {"receivers": ["otlp"], "processors": _KEEP, "exporters": ["otlp_http/store"]},
            "metrics": {"receivers": ["span_metrics"], "exporters": ["prometheus"]},
        },
    },
}


class Collector:
    """Decides which traces a store gets; a context manager that starts it and ends it.

    Args:
        program: Its path.
        store_url: Takes OTLP over HTTP.
        folder: For its configuration and its log.
    """

    def __init__(self, program: Path, store_url: str, folder: Path) -> None:
        health, grpc, http, metrics = (f"{HOST}:{port}" for port in free_ports(4))
        self.otlp_url = f"http://{http}"
        self._metrics_url = f"http://{metrics}/metrics"
        config = folder / "collector.yaml"
        config.write_text(yaml.safe_dump(_places(health, grpc, http, metrics, store_url) | _PIPELINES))
        self.program = Program(
            name="collector",
            command=(
                str(program),
                "--feature-gates=processor.tailsamplingprocessor.recordpolicy",
                *(f"--config={path}" for path in (*_FILES, config)),
            ),
            environment={
                "SAMPLING_WATCHED_TENANT": WATCHED,
                "SAMPLING_WATCHED_PERCENT": str(round(WATCHED_SHARE * 100)),
                "SAMPLING_PERCENT": str(round(SHARE * 100)),
            },
            log=folder / "collector.log",
            is_ready=partial(http_answers, f"http://{health}/"),
        )

    def calls(self, service: str = "", span: str = "") -> int:
        """Ask its span metrics how many spans it has seen, of a service and a name if these are given."""
        text = httpx.get(self._metrics_url, trust_env=False, timeout=10.0).text
        labels = {"service_name": service, "span_name": span}
        wanted = [_CALLS, *(f'{name}="{value}"' for name, value in labels.items() if value)]
        lines = (line for line in text.splitlines() if all(each in line for each in wanted))
        return round(sum(float(line.partition("} ")[2].split()[0]) for line in lines))

    def __enter__(self) -> Self:
        """Start it."""
        self.program.start()
        self.program.wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.program.stop()


def _places(health: str, grpc: str, http: str, metrics: str, store_url: str) -> dict[str, object]:
    return {
        "extensions": {"health_check": {"endpoint": health}},
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": grpc}, "http": {"endpoint": http}}}},
        "exporters": {"prometheus": {"endpoint": metrics}, "otlp_http/store": {"endpoint": store_url}},
    }
