from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.client import QueryError, fetch_otlp
from console.commands.load import ImportFileError, load
from console.commands.show import show

PlaceOrder = Callable[[], str]


def renamed(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after)


@pytest.fixture
def exported(console: Any, place_order: PlaceOrder, screen: Any, tmp_path: Path) -> Path:
    """Export the trace of an order, and give it an id that no trace has yet."""
    trace_id = place_order()
    show(console.url, trace_id, as_json=True, out=screen.out, err=screen.err)
    path = tmp_path / "order.json"
    path.write_text(renamed(screen.out.getvalue(), trace_id, trace_id[::-1]), encoding="utf-8")
    return path


def test_what_was_exported_comes_back_the_same(console: Any, exported: Path, screen: Any) -> None:
    document = json.loads(exported.read_text(encoding="utf-8"))
    trace_id = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"]
    assert str(load(console.url, [exported], err=screen.err)) == "7 spans sent"
    assert fetch_otlp(console.url, trace_id) == document


def test_an_answer_of_jaegers_can_be_imported(console: Any, exported: Path, screen: Any) -> None:
    exported.write_text(f'{{"result": {exported.read_text(encoding="utf-8")}}}', encoding="utf-8")
    assert str(load(console.url, [exported], err=screen.err)) == "7 spans sent"


def test_lines_of_every_kind_are_imported(console: Any, tmp_path: Path, screen: Any) -> None:
    record = {"body": {"stringValue": "x"}}
    metric = {"name": "m", "gauge": {"dataPoints": [{"asDouble": 1.5}]}}
    lines = [
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, record]}]}]},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]},
    ]
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    assert str(load(console.url, [path], err=screen.err)) == "2 log records, 1 metrics sent"


def test_large_files_are_sent_in_parts(console: Any, tmp_path: Path, screen: Any) -> None:
    times = {"startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    spans = [
        {"traceId": "cd" * 16, "spanId": f"{number:016x}", "name": "x" * 1_000, **times} for number in range(1, 20_001)
    ]
    path = tmp_path / "large.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}), encoding="utf-8")
    assert path.stat().st_size > 20_000_000
    assert str(load(console.url, [path], err=screen.err)) == "20000 spans sent"


def test_what_is_refused_is_counted(console: Any, tmp_path: Path, screen: Any) -> None:
    good = {"traceId": "ef" * 16, "spanId": "ab" * 8}
    path = tmp_path / "bad.json"
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [good, good | {"spanId": "ab"}]}]}]}
    path.write_text(json.dumps(document), encoding="utf-8")
    imported = load(console.url, [path], err=screen.err)
    assert str(imported) == "2 spans sent, 1 refused: 1 spans refused: span id: expected 8 bytes, got 1"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "there is none in it"),
        (b"no json", "Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[]", "'list' object has no attribute 'get'"),
        (b'{"data": []}', "there is none in it"),
        (b'{"resourceSpans": 5}', "'int' object is not iterable"),
        (b'{"resourceSpans": [{"scopeSpans": [7]}]}', "'int' object has no attribute 'get'"),
        (b"[" * 100_000, "maximum recursion depth exceeded"),
    ],
)
def test_what_is_no_export_is_named(console: Any, tmp_path: Path, screen: Any, content: bytes, problem: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(ImportFileError) as raised:
        load(console.url, [path], err=screen.err)
    expected = "expected OTLP's JSON, with resourceSpans, resourceLogs, resourceMetrics, one document or one a line"
    assert str(raised.value).startswith(f"{path}: {expected}: {problem}")


def test_a_file_that_is_not_there_is_named(console: Any, tmp_path: Path, screen: Any) -> None:
    with pytest.raises(ImportFileError, match=r"missing\.json: No such file or directory"):
        load(console.url, [tmp_path / "missing.json"], err=screen.err)


def test_a_console_that_refuses_all_is_quoted(console: Any, tmp_path: Path, screen: Any) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "ab"}]}]}]}', encoding="utf-8")
    with pytest.raises(QueryError, match="/v1/traces: 400 all 1 spans refused: trace id: expected 16 bytes, got 1"):
        load(console.url, [path], err=screen.err)
