"""What the duration histograms of requests and calls have in common."""

from __future__ import annotations

from opentelemetry.metrics import Histogram, Meter

OTHER = "_OTHER"  # the conventions' value for everything else

# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ and …/rpc/rpc-metrics/: seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

# Attribute sets are created once and limited in number: a client can send any number of paths and methods.
MAX_ATTRIBUTE_SETS = 1000


def duration_histogram(meter: Meter, name: str, description: str) -> Histogram:
    """Create a histogram of seconds with the buckets of the conventions."""
    return meter.create_histogram(
        name, unit="s", description=description, explicit_bucket_boundaries_advisory=list(BUCKETS)
    )
