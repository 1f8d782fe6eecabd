"""The sections of the configuration, one for each concern: plain values, validated when they are created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

from telemetry.settings.checks import between, http_url, one_of
from telemetry.settings.env import ConfigError

ExporterKind = Literal["otlp", "zipkin", "console", "file", "none"]
Protocol = Literal["grpc", "http/protobuf"]
Compression = Literal["none", "gzip"]
Signal = Literal["traces", "metrics", "logs"]
SignalExporterKind = Literal["otlp", "console", "file", "none"]
Sink = Literal["event", "log", "both"]
ExemplarFilter = Literal["trace_based", "always_on", "always_off"]
Attributes = Mapping[str, str | bool | int | float]

# The names of ``OTEL_TRACES_SAMPLER``, and two of our own; `telemetry.sampling.by_name` creates each.
SAMPLER_KINDS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "rate_limited",
    "rules",
)

_DEFAULT_ENDPOINTS: dict[tuple[str, str], str] = {
    ("otlp", "grpc"): "http://localhost:4317",
    ("otlp", "http/protobuf"): "http://localhost:4318",
    ("zipkin", "http/protobuf"): "http://localhost:9411/api/v2/spans",
    ("zipkin", "grpc"): "http://localhost:9411/api/v2/spans",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """Where to send spans, metrics or log records; an invalid value raises ConfigError on creation.

    Attributes:
        kind: "otlp", "zipkin" (needs the extra ``zipkin``), "console", "file" (OTLP JSON, one batch a line) or "none".
        endpoint: A URL, for kind "file" a path; the kind's own default when None. For OTLP over HTTP a URL without a
            path gets ``/v1/traces``, or the path of another signal.
        protocol: OTLP's transport.
        headers: Sent with each export (OTLP only); never logged.
        timeout: Seconds for one export, including its retries; one attempt to connect gets a fifth of them.
        compression: Of OTLP request bodies.
        certificate: Path of the PEM file with the trusted CA certificates, for OTLP over TLS.
        client_certificate: Path of the PEM file with the client certificate, for mutual TLS.
        client_key: Path of the PEM file with its key; not needed when the certificate's file contains it.
    """

    kind: ExporterKind = "otlp"
    endpoint: str | None = None
    protocol: Protocol = "http/protobuf"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    compression: Compression = "none"
    certificate: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None

    def __post_init__(self) -> None:
        one_of("exporter kind", self.kind, get_args(ExporterKind))
        one_of("exporter protocol", self.protocol, get_args(Protocol))
        one_of("exporter compression", self.compression, get_args(Compression))
        between("exporter timeout", self.timeout, 0.001, 3600)
        if self.kind in ("otlp", "zipkin") and self.endpoint is not None:
            http_url("exporter endpoint", self.endpoint)
        if self.client_key is not None and self.client_certificate is None:
            raise ConfigError(f"exporter client_key={self.client_key!r}: expected a client_certificate beside it")

    @property
    def target(self) -> str:
        """The full endpoint for traces, with the default filled in."""
        return self.target_for("traces")

    def target_for(self, signal: Signal) -> str:
        """Return the full endpoint for a signal, with the default filled in."""
        if self.kind == "file":
            return self.endpoint or f"{signal}.jsonl"
        endpoint = self.endpoint or _DEFAULT_ENDPOINTS.get((self.kind, self.protocol), "")
        if self.kind == "otlp" and self.protocol == "http/protobuf" and not urlsplit(endpoint).path:
            return url_under(endpoint, f"/v1/{signal}")
        return endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerConfig:
    """Which traces are recorded, see `telemetry.sampling`; an invalid value raises ConfigError on creation.

    Attributes:
        kind: A name of ``OTEL_TRACES_SAMPLER``, or "rate_limited" or "rules".
        ratio: The fraction, from 0 to 1, that "traceidratio" and "parentbased_traceidratio" record.
        rate: Traces per second that "rate_limited" records.
        rules: Path of the file that "rules" reads, see `telemetry.sampling.rules`.
    """

    kind: str = "parentbased_always_on"
    ratio: float = 1.0
    rate: float = 100.0
    rules: str | None = None

    def __post_init__(self) -> None:
        one_of("sampler kind", self.kind, SAMPLER_KINDS)
        between("sampler ratio", self.ratio, 0.0, 1.0)
        between("sampler rate", self.rate, 0.0, 1_000_000)
        if self.kind == "rules" and not self.rules:
            raise ConfigError(f"sampler rules={self.rules!r}: expected the path of a file of rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchConfig:
    """How ended spans are batched for export; an invalid value raises ConfigError on creation.

    Attributes:
        max_queue_size: Spans in the queue; one more drops the oldest, which is counted.
        max_export_batch_size: Spans in one export.
        schedule_delay: Seconds between exports.
    """

    max_queue_size: int = 2048
    max_export_batch_size: int = 512
    schedule_delay: float = 1.0

    def __post_init__(self) -> None:
        between("batch max_queue_size", self.max_queue_size, 1, 1_000_000)
        between("batch max_export_batch_size", self.max_export_batch_size, 1, self.max_queue_size)
        between("batch schedule_delay", self.schedule_delay, 0.001, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """How large a span can grow. Together with the queue's size this limits the memory that telemetry uses.

    Attributes:
        attribute_length: Characters of an attribute's text; the rest is truncated.
        attributes: Attributes of a span, an event or a link.
        events: Events of a span; one more drops the oldest.
        links: Links of a span; one more drops the oldest.
    """

    attribute_length: int = 8192
    attributes: int = 128
    events: int = 128
    links: int = 128

    def __post_init__(self) -> None:
        between("limits attribute_length", self.attribute_length, 0, 1_000_000)
        between("limits attributes", self.attributes, 0, 10_000)
        between("limits events", self.events, 0, 10_000)
        between("limits links", self.links, 0, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """How the service is measured. Off by default: without an exporter or a reader nothing is measured.

    Attributes:
        exporter: "otlp", "console", "file" or "none".
        interval: Seconds between exports.
        exemplars: Which measurements can become exemplars: "trace_based" takes those within sampled spans.
        cardinality: Attribute sets of one metric; further sets are counted as one, under
            ``otel.metric.overflow``.
        tenants: Tenants with series of their own in business metrics: the first that arrive; others count as
            ``_OTHER``.
    """

    exporter: ExporterConfig = ExporterConfig(kind="none")
    interval: float = 10.0
    exemplars: ExemplarFilter = "trace_based"
    cardinality: int = 2000
    tenants: int = 100

    def __post_init__(self) -> None:
        one_of("metrics exporter kind", self.exporter.kind, get_args(SignalExporterKind))
        between("metrics interval", self.interval, 0.001, 3600)
        one_of("metrics exemplars", self.exemplars, get_args(ExemplarFilter))
        between("metrics cardinality", self.cardinality, 1, 1_000_000)
        between("metrics tenants", self.tenants, 0, 100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsConfig:
    """Where log records go besides standard output, see `telemetry.logs`.

    Attributes:
        exporter: "otlp", "console", "file" or "none".
        max_queue_size: Records in the queue; one more drops the oldest, which is counted.
        max_export_batch_size: Records in one export.
        schedule_delay: Seconds between exports.
        access: Whether each request and call writes an access log line.
    """

    exporter: ExporterConfig = ExporterConfig(kind="none")
    max_queue_size: int = 2048
    max_export_batch_size: int = 512
    schedule_delay: float = 1.0
    access: bool = True

    def __post_init__(self) -> None:
        one_of("logs exporter kind", self.exporter.kind, get_args(SignalExporterKind))
        between("logs max_queue_size", self.max_queue_size, 1, 1_000_000)
        between("logs max_export_batch_size", self.max_export_batch_size, 1, self.max_queue_size)
        between("logs schedule_delay", self.schedule_delay, 0.001, 3600)


def url_under(base: str, path: str) -> str:
    """Return the URL with the path appended to its own."""
    parts = urlsplit(base)
    return parts._replace(path=parts.path.rstrip("/") + path).geturl()
