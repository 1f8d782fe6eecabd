"""The traces of failed tests, kept as files that the console, Jaeger and every OTLP receiver can load."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tracetest.backends.otlp_json import otlp_of
from tracetest.fetched import Trace

_LONGEST = 150  # characters of a test's name


def save(trace: Trace, folder: Path, test: str) -> Path:
    """Write a trace as OTLP JSON, a file a trace in a folder a test; give the file."""
    name = re.sub(r"[^\w.-]+", "-", test).strip("-")[-_LONGEST:]
    path = folder / name / f"{trace.trace_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(otlp_of(trace), indent=1) + "\n", encoding="utf-8")
    return path
