from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from console.model import Span, Value
from console.otlp.logs import StoredLog, decode_logs
from console.otlp.spans import StoredSpan
from console.receive.keeping import FileKeeper
from console.receive.signals import LOGS, TRACES
from console.store import Limits, LogStore, MetricStore, RingLimits, TraceStore
from console.stores import Stores

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
Opened = Callable[..., tuple[FileKeeper, Stores]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Give a function that opens the file anew, as a console does that starts, and closes it before if it was open."""
    with ExitStack() as files:

        def reopen(traces: Limits | None = None, logs: RingLimits | None = None) -> tuple[FileKeeper, Stores]:
            files.close()
            stores = Stores(TraceStore(traces), LogStore(logs), MetricStore())
            return files.enter_context(closing(FileKeeper(stores, tmp_path / "console.db"))), stores

        yield reopen


def logged(*texts: str) -> list[StoredLog]:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for text in texts:
        records.add(body=AnyValue(string_value=text), time_unix_nano=1)
    return decode_logs(request.SerializeToString()).items


def texts(stores: Stores) -> list[Value]:
    return [record.body for record in stores.logs.tail().records][::-1]


def rows(tmp_path: Path) -> int:
    with closing(sqlite3.connect(tmp_path / "console.db")) as connection:
        [[count]] = connection.execute("SELECT count(*) FROM requests")
    return int(count)


def test_traces_and_logs_are_there_after_a_restart(opened: Opened, order_trace: list[Span], received: Received) -> None:
    keeper, _ = opened()
    keeper.keep(TRACES, received(order_trace[:3]))
    keeper.keep(LOGS, logged("first", "second"))
    keeper.keep(TRACES, received(order_trace[3:]))
    _, stores = opened()
    trace = stores.traces.trace(order_trace[0].trace_id)
    assert trace
    assert list(trace.spans) == order_trace
    assert texts(stores) == ["first", "second"]


def test_what_goes_from_memory_goes_from_the_file(
    opened: Opened, make_span: MakeSpan, received: Received, tmp_path: Path
) -> None:
    keeper, _ = opened(traces=Limits(traces=2), logs=RingLimits(items=2))
    for number in range(1, 6):
        keeper.keep(TRACES, received([make_span(trace=number)]))
        keeper.keep(LOGS, logged(str(number)))
    keeper.close()
    assert rows(tmp_path) == 4
    _, stores = opened()
    assert [summary.trace_id for summary in stores.traces.page().traces] == [f"{5:032x}", f"{4:032x}"]
    assert texts(stores) == ["4", "5"]


def test_a_span_that_comes_twice_is_written_once(
    opened: Opened, make_span: MakeSpan, received: Received, tmp_path: Path
) -> None:
    keeper, _ = opened()
    for _ in range(3):
        assert keeper.keep(TRACES, received([make_span()])).taken == 1
    keeper.close()
    assert rows(tmp_path) == 1


def test_lower_limits_hold_for_what_is_there_from_before(
    opened: Opened, make_span: MakeSpan, received: Received, tmp_path: Path
) -> None:
    keeper, _ = opened()
    keeper.keep(TRACES, received([make_span(trace=number) for number in range(1, 6)]))
    keeper.keep(LOGS, logged("1"))
    keeper.keep(LOGS, logged("2", "3"))
    keeper, stores = opened(traces=Limits(traces=1), logs=RingLimits(items=1))
    assert stores.traces.usage().traces == 1
    assert texts(stores) == ["3"]
    keeper.close()
    assert rows(tmp_path) == 2


def test_a_file_that_cannot_be_written_is_said_once_and_memory_goes_on(
    opened: Opened, make_span: MakeSpan, received: Received, caplog: pytest.LogCaptureFixture
) -> None:
    keeper, stores = opened()
    keeper.close()
    with caplog.at_level(logging.WARNING):
        for number in (1, 2):
            keeper.keep(TRACES, received([make_span(trace=number)]))
    assert stores.traces.usage().traces == 2
    [message] = caplog.messages
    assert message.startswith("the file cannot be written, what comes is kept in memory alone: ")
