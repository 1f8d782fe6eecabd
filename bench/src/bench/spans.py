"""What one span takes in one process, the SDK's and ours: ``python -m bench.spans``; it prints a line of JSON.

Nothing is sent. The work is that of a call between services: four attributes at the start, one at the end. Each figure
is the least of several series, the one that the machine disturbed least.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from timeit import repeat
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import SpanKind

from telemetry.otlp.spans import encode_span
from telemetry.trace.provider import ServiceTracerProvider

_SERIES, _SPANS = 7, 2000
_NAME = "shop.order.v1.OrderService/CreateOrder"
_ATTRIBUTES = {"rpc.system.name": "grpc", "rpc.method": _NAME, "server.address": "order", "server.port": 50051}


class _Last(SpanProcessor):
    """Keeps the last span, as a queue would."""

    span: ReadableSpan

    def on_end(self, span: ReadableSpan) -> None:
        self.span = span


def measure() -> dict[str, tuple[float, float]]:
    """Give the seconds of each kind of work: the SDK's, then ours."""
    stock, stock_last = _work(TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False))
    ours, ours_last = _work(ServiceTracerProvider(sampler=ALWAYS_ON))
    dropped = [_work(each(sampler=ALWAYS_OFF))[0] for each in (TracerProvider, ServiceTracerProvider)]
    times = {"start, attributes, end": (_seconds(stock), _seconds(ours))}
    times["encoding as OTLP"] = (
        _seconds(lambda: encode_spans([stock_last.span]).SerializeToString()),
        _seconds(lambda: encode_span(ours_last.span)),
    )
    times["a span that is not sampled"] = (_seconds(dropped[0]), _seconds(dropped[1]))
    return times


def _work(provider: TracerProvider) -> tuple[Callable[[], None], _Last]:
    last = _Last()
    provider.add_span_processor(last)
    tracer: Any = provider.get_tracer("bench")

    def work() -> None:
        span = tracer.start_span(_NAME, kind=SpanKind.CLIENT, attributes=_ATTRIBUTES)
        span.set_attribute("rpc.response.status_code", "OK")
        span.end()

    return work, last


def _seconds(work: Callable[[], object]) -> float:
    return min(repeat(work, number=_SPANS, repeat=_SERIES)) / _SPANS


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
