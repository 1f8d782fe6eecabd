from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from console.model import LogRecord, Value
from console.otlp.logs import StoredLog, decode_logs, level_of
from console.store import LogFilter, LogStore, RingLimits

TRACE = "ab" * 16
Log = Callable[..., list[StoredLog]]


def log(  # noqa: PLR0913  what a record has
    text: str = "text",
    *,
    time: int = 1,
    trace: str = "",
    service: str = "order",
    severity: int = 9,
    level: str = "",
    tenant: str = "",
) -> list[StoredLog]:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
    record = group.scope_logs.add().log_records.add(
        time_unix_nano=time,
        trace_id=bytes.fromhex(trace),
        severity_number=severity,
        severity_text=level,
        body=AnyValue(string_value=text),
    )
    if tenant:
        record.attributes.append(KeyValue(key="tenant.id", value=AnyValue(string_value=tenant)))
    return decode_logs(request.SerializeToString()).items


def texts(records: list[LogRecord]) -> list[Value]:
    return [record.body for record in records]


def test_the_records_of_a_trace_stand_in_the_order_of_their_times() -> None:
    store = LogStore()
    store.add(log("third", time=3, trace=TRACE) + log("first", time=1, trace=TRACE) + log("other", trace="cd" * 16))
    assert texts(store.of_trace(TRACE)) == ["first", "third"]
    assert store.of_trace("ef" * 16) == []


def test_the_tail_is_in_the_order_of_times_whichever_service_sent_its_own_first() -> None:
    store = LogStore()
    store.add(log("third", time=3) + log("first", time=1))
    store.add(log("second", time=2))
    assert texts(store.tail().records) == ["third", "second", "first"]


def test_the_tail_is_the_latest_page_by_page() -> None:
    store = LogStore()
    for number in range(1, 6):
        store.add(log(str(number)))
    page = store.tail(limit=2)
    assert (texts(page.records), page.older) == (["5", "4"], 4)
    page = store.tail(limit=2, before=page.older)
    assert (texts(page.records), page.older) == (["3", "2"], 2)
    page = store.tail(limit=2, before=page.older)
    assert (texts(page.records), page.older) == (["1"], None)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (LogFilter(), ["Order placed", "locked"]),
        (LogFilter(service="user"), ["locked"]),
        (LogFilter(tenant="acme"), ["Order placed"]),
        (LogFilter(text="order PLACED"), ["Order placed"]),
        (LogFilter(min_severity=13), ["locked"]),
        (LogFilter(trace_id=TRACE), ["Order placed"]),
        (LogFilter(service="user", tenant="acme"), []),
    ],
)
def test_all_that_a_filter_says_must_hold(wanted: LogFilter, found: list[str]) -> None:
    store = LogStore()
    store.add(log("locked", service="user", severity=17) + log("Order placed", trace=TRACE, tenant="acme"))
    assert texts(store.tail(wanted).records) == found


def test_the_level_is_the_senders_word_or_that_of_the_number() -> None:
    assert [log(level="notice")[0].read().level, log(severity=17)[0].read().level] == ["notice", "ERROR"]
    assert [level_of(number) for number in (0, 1, 4, 5, 24, 25)] == ["", "TRACE", "TRACE", "DEBUG", "FATAL", ""]


def test_an_id_of_the_wrong_length_is_refused() -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(trace_id=b"short")
    decoded = decode_logs(request.SerializeToString())
    assert (decoded.items, decoded.refused, decoded.reason) == ([], 1, "trace id: expected 16 bytes, got 5")


@given(
    st.lists(st.tuples(st.sampled_from(["", TRACE, "cd" * 16]), st.integers(0, 2_000)), max_size=40),
    st.integers(1, 10),
    st.integers(1_000, 20_000),
)
def test_bounds_hold_and_the_oldest_go_first(records: list[tuple[str, int]], items: int, memory: int) -> None:
    store = LogStore(RingLimits(items, memory))
    for number, (trace, size) in enumerate(records, 1):
        oldest = store.add(log("x" * size, trace=trace))
        usage = store.usage()
        held = [record.number for record in store.tail(limit=100).records]
        assert held == list(range(number, number - usage.items, -1))
        assert oldest == number - usage.items + 1
        assert usage.items <= items
        assert usage.memory_bytes <= memory
        assert usage.evicted == number - usage.items
    for trace in (TRACE, "cd" * 16):
        expected = [record.number for record in store.tail(LogFilter(trace_id=trace), limit=100).records]
        assert [record.number for record in store.of_trace(trace)] == expected[::-1]


async def test_records_that_come_are_told() -> None:
    store = LogStore()
    async with store.subscribe() as changes:
        store.add(log("first") + log("second"))
        batch = await anext(aiter(changes))
    assert texts(batch.items) == ["first", "second"]
