"""A probe span, sent like the service's own spans and looked up in the trace store."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

from telemetry.config.sections import LogsConfig, MetricsConfig, SamplerConfig
from telemetry.config.service import TelemetryConfig
from telemetry.doctor.findings import Ailment, Finding
from telemetry.doctor.otlp import check_clock
from telemetry.setup import configure

_BUDGET = 5.0
_POLL_SECONDS = 0.1


def check_probe(config: TelemetryConfig, query_url: str | None, within: float) -> Iterator[Finding]:
    """Send one span through the configured pipeline, and query Jaeger for it.

    Args:
        config: The service's; the span is always sampled.
        query_url: Jaeger's query address; None skips that check.
        within: Seconds for the span to arrive there.
    """
    sampled = replace(config, sampler=SamplerConfig(kind="always_on"), metrics=MetricsConfig(), logs=LogsConfig())
    with configure(sampled) as telemetry:
        with telemetry.tracer(__name__).start_as_current_span("doctor.probe") as span:
            trace_id = f"{span.get_span_context().trace_id:032x}"
        telemetry.force_flush(_BUDGET)
        exported = sum(counts.exported for counts in telemetry.export_counts)
    if not exported:
        cure = "read what was logged above, and the collector's log"
        yield Finding("probe", "the span was not taken", Ailment.COLLECTOR, cure)
        return
    yield Finding("probe", f"the span was taken: trace {trace_id}")
    if query_url is not None:
        yield from _arrival(query_url, trace_id, within)


def _arrival(query_url: str, trace_id: str, within: float) -> Iterator[Finding]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends_at = time.monotonic() + within
    while True:
        text = f"Jaeger at {query_url} has no trace {trace_id} after {within:g} s"
        try:
            with opener.open(
                f"{query_url.rstrip('/')}/api/traces/{trace_id}", timeout=_POLL_SECONDS + within
            ) as answer:
                yield Finding("trace", f"Jaeger has trace {trace_id}")
                if (date := answer.headers.get("Date")) is not None:
                    yield check_clock(date, "Jaeger")
                return
        except urllib.error.HTTPError:  # there, and without the trace so far
            pass
        except OSError as error:
            text = f"Jaeger does not answer at {query_url}: {getattr(error, 'reason', error)}"
        if time.monotonic() > ends_at:
            cure = "look at the collector's exporter and at its sampling: it took the span, and gave it to nobody here"
            yield Finding("trace", text, Ailment.TRACE, cure)
            return
        time.sleep(_POLL_SECONDS)
