"""What is compared: one entry a contender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from bench.counts import Expected
from telemetry import TelemetryConfig

BASE = "untraced"
CONTROL = "control"
STOCK = "stock"
OURS = "ours"
OURS_ALL = "ours-all"
OURS_SAMPLED = "ours-1pct"
OURS_UNEXPORTED = "ours-unexported"


Protocol = Literal["grpc", "http/protobuf", "datadog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to trace the request.

    Attributes:
        name: As it is asked for.
        label: As the table says it.
        wiring: Its module of `bench.wirings`.
        environment: The lock that its processes run on.
        expected: What the receiver is to get of a request.
        protocol: How it sends; the first two are OTLP's.
        settings: Its environment variables, on top of those that tell where the receiver is.
        by_default: Whether it takes part when nothing is asked for.
        missing: Tells why it cannot take part; None when it can.
    """

    name: str
    label: str
    wiring: str
    environment: str = "opentelemetry"
    expected: Expected
    protocol: Protocol = "http/protobuf"
    settings: Mapping[str, str] = field(default_factory=dict)
    by_default: bool = True
    missing: Callable[[], str | None] = lambda: None


def _no_metrics_and_logs() -> str | None:
    lacking = {"metrics", "logs"} - {each.name for each in fields(TelemetryConfig)}
    return f"telemetry.TelemetryConfig has no {' and no '.join(sorted(lacking))} yet" if lacking else None


_NOTHING = Expected(spans=0)
_SPANS = Expected(spans=5)  # one of the gateway, and both sides of two calls
_STOCK_SPANS = Expected(spans=8)  # FastAPI's "http receive" and two "http send" besides
_NO_LOGS = {"ACCESS_LOG": "false"}  # a line a call is no span
_ONE_PERCENT = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}

VARIANTS: tuple[Variant, ...] = (
    Variant(name=BASE, label="untraced", wiring="untraced", expected=_NOTHING),
    Variant(name=CONTROL, label="untraced again (control)", wiring="untraced", expected=_NOTHING),
    Variant(
        name=STOCK,
        label="stock OpenTelemetry",
        wiring="stock",
        expected=_STOCK_SPANS,
        protocol="grpc",  # the default of OpenTelemetry's distribution
    ),
    Variant(name="logfire", label="logfire", wiring="logfire", environment="logfire", expected=_SPANS),
    Variant(
        name="ddtrace",
        label="ddtrace",
        wiring="ddtrace",
        environment="ddtrace",
        expected=Expected(spans=6),  # one is "fastapi.serialize_response"
        protocol="datadog",
    ),
    Variant(name=OURS, label="ours: spans", wiring="ours", expected=_SPANS, settings=_NO_LOGS),
    Variant(
        name=OURS_ALL,
        label="ours: spans, metrics and logs",
        wiring="ours",
        expected=replace(_SPANS, metrics=True, logs=True),
        settings={"OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp"},
        missing=_no_metrics_and_logs,
    ),
    Variant(
        name="stock-1pct",
        label="stock, 1 % sampled",
        wiring="stock",
        expected=replace(_STOCK_SPANS, share=0.01),
        protocol="grpc",
        settings=_ONE_PERCENT,
    ),
    Variant(
        name=OURS_SAMPLED,
        label="ours: spans, 1 % sampled",
        wiring="ours",
        expected=replace(_SPANS, share=0.01),
        settings=_NO_LOGS | _ONE_PERCENT,
    ),
    Variant(
        name=OURS_UNEXPORTED,
        label="ours: spans, not exported",
        wiring="ours",
        expected=_NOTHING,
        settings=_NO_LOGS | {"OTEL_TRACES_EXPORTER": "none"},
    ),
    Variant(name="stock-http", label="stock, OTLP over HTTP", wiring="stock", expected=_STOCK_SPANS, by_default=False),
    Variant(
        name="ours-grpc",
        label="ours: spans, OTLP over gRPC",
        wiring="ours",
        expected=_SPANS,
        protocol="grpc",
        settings=_NO_LOGS,
        by_default=False,
    ),
    Variant(
        name="other",
        label="ours: spans, other sources",
        wiring="ours",
        expected=_SPANS,
        settings=_NO_LOGS,
        by_default=False,
    ),
    Variant(
        name="other-1pct",
        label="ours: 1 % sampled, other sources",
        wiring="ours",
        expected=replace(_SPANS, share=0.01),
        settings=_NO_LOGS | _ONE_PERCENT,
        by_default=False,
    ),
)


def choose(names: tuple[str, ...]) -> list[Variant]:
    """Give the named variants, all that take part by default when none is named; the untraced ones always.

    Raises:
        ValueError: There is no variant of that name.
    """
    known = {variant.name for variant in VARIANTS}
    for name in names:
        if name not in known:
            raise ValueError(f"variant {name!r}: expected one of {', '.join(sorted(known))}")
    always = {BASE, CONTROL}
    return [each for each in VARIANTS if each.name in always or (each.name in names if names else each.by_default)]
