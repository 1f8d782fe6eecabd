from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.client import QueryError
from console.commands.export import export
from console.commands.load import load

PlaceOrder = Callable[[], str]
Running = Callable[..., Any]


def test_what_one_console_holds_another_takes(console: Any, place_order: PlaceOrder, screen: Any, tmp_path: Path,
                                              running: Running) -> None:  # fmt: skip
    trace_id = place_order()
    export(console.url, [], out=screen.out, err=screen.err)
    path = tmp_path / "held.jsonl"
    path.write_text(screen.out.getvalue(), encoding="utf-8")
    assert screen.err.getvalue() == ""
    with running() as other:
        assert "spans" in str(load(other.url, [path], err=screen.err))
        screen.out.truncate(screen.out.seek(0))
        export(other.url, [trace_id], out=screen.out, err=screen.err)
    [line] = screen.lines
    groups = json.loads(line)["resourceSpans"]
    assert sum(len(scope["spans"]) for group in groups for scope in group["scopeSpans"]) == 7


def test_a_trace_that_is_not_there_is_named(console: Any, screen: Any) -> None:
    missing = "ab" * 16
    with pytest.raises(QueryError, match=f"{console.url}/trace/{missing}/export: there is no trace {missing} here"):
        export(console.url, [missing], out=screen.out, err=screen.err)


def test_what_is_no_console_is_said_to_be_none(console: Any, screen: Any) -> None:
    with pytest.raises(QueryError, match="Not Found"):
        export(f"{console.url}/elsewhere", [], out=screen.out, err=screen.err)
    with pytest.raises(QueryError, match="Connection refused"):
        export("http://127.0.0.1:9", [], out=screen.out, err=screen.err)
