from __future__ import annotations

from collections.abc import Callable

import pytest

from console.model import Span
from console.otlp.spans import StoredSpan
from console.store import reading
from console.store.reading import ReadTraces

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]


def test_the_ones_read_last_are_kept_as_long_as_there_is_room(
    make_span: MakeSpan, received: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MOST_SPANS", 3)
    spans = {name: received([make_span(span=1), make_span(span=2)]) for name in "ab"}
    traces = ReadTraces()
    first = traces.read("a", spans["a"])
    assert traces.read("a", spans["a"]) is first
    second = traces.read("b", spans["b"])
    assert traces.read("b", spans["b"]) is second
    assert traces.read("a", spans["a"]) is not first


def test_one_that_is_dropped_is_read_anew(make_span: MakeSpan, received: Received) -> None:
    spans, traces = received([make_span()]), ReadTraces()
    first = traces.read("a", spans)
    traces.drop("a")
    assert traces.read("a", spans) is not first
    traces.drop("never read")
