"""``console show ID``: a trace in the terminal."""

from __future__ import annotations

import json
from typing import TextIO

from rich.console import Console

from console.client import fetch_otlp, fetch_trace
from console.waterfall import draw


def show(url: str, trace_id: str, *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Draw a trace, or write it as OTLP's JSON.

    Args:
        url: of a console or a Jaeger.
        trace_id: up to 32 hex digits.
        as_json: write OTLP's JSON.
        out: for the trace.
        err: for progress and errors.

    Returns:
        0; 1 when the trace is not there.

    Raises:
        QueryError: nothing answers there, or not with a trace.
    """
    with Console(file=err).status(f"fetching {trace_id} from {url}"):
        trace = None if as_json else fetch_trace(url, trace_id)
        document = fetch_otlp(url, trace_id) if as_json else None
    if document is not None:
        json.dump(document, out, ensure_ascii=False, indent=2)
        out.write("\n")
    elif trace is not None:
        draw(trace, Console(file=out))
    else:
        err.write(f"console: {url} has no trace {trace_id}\n")
        return 1
    return 0
