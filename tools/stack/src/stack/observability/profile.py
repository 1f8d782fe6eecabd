"""The stack of the profile `observability` as the tests run it: sampled, measured and judged within seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.compose.project import ComposeStack, has_image
from stack.observability.alert_rules import write_shortened
from stack.places import ROOT

FACTOR = 40  # how many times shorter the windows of the alerts are: five minutes are seven seconds
WATCHED_TENANT = "watched"  # all of its traces are kept, and a share of the others'
PERCENT = 25

PROMETHEUS = "http://127.0.0.1:9090"
ALERTMANAGER = "http://127.0.0.1:9093"
LOKI = "http://127.0.0.1:3100"
CONSOLE = "http://127.0.0.1:16687"
COLLECTOR = "http://127.0.0.1:4318"  # open to the tests alone

_GRAFANA = "grafana/grafana:12.3.0"  # it only draws: where it cannot be had, what it would ask is asked all the same


@contextmanager
def observed(folder: Path) -> Iterator[ComposeStack]:
    """Bring the profile up, and take it away again.

    Args:
        folder: A new folder for the shortened configuration; the containers read it.

    Raises:
        ComposeError: It did not come up.
    """
    shortened = {name: folder / name for name in ("prometheus", "alertmanager")}
    for name, target in shortened.items():
        write_shortened(ROOT / "deploy" / name, target, FACTOR)
    compose = ComposeStack(
        profile="observability",
        overlays=("tests/observability/compose.yaml",),
        variables={
            **{f"{name.upper()}_FILES": str(target) for name, target in shortened.items()},
            "METRIC_EXPORT_INTERVAL": "1000",
            "SAMPLING_WAIT": "1s",
            "SAMPLING_WATCHED_TENANT": WATCHED_TENANT,
            "SAMPLING_WATCHED_PERCENT": "100",
            "SAMPLING_PERCENT": str(PERCENT),
        },
    )
    try:
        compose.up(without=() if has_image(_GRAFANA) else ("grafana",))
        yield compose
    finally:
        compose.down()
