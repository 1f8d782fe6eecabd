from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from console.model import Attributes, Event, Span, Status, Trace, trace_of
from console.waterfall import draw

MakeSpan = Callable[..., Span]


def drawn(trace: Trace, width: int = 100, *, encoding: str = "utf-8", colour: bool = False, **options: int) -> str:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n") as file:
        system = "truecolor" if colour else None
        draw(trace, Console(file=file, width=width, force_terminal=colour, color_system=system), **options)  # type: ignore[arg-type]  # one of rich's names
        file.flush()
        return raw.getvalue().decode(encoding)


@pytest.fixture
def failed_order(order_trace: list[Span]) -> Trace:
    attributes: Attributes = {"exception.type": "IntegrityError", "exception.message": "UNIQUE constraint failed"}
    failed = replace(order_trace[6], status=Status.ERROR, events=(Event("exception", 0, attributes),))
    return trace_of([*order_trace[:6], failed])


def test_an_order_in_a_hundred_columns(order_trace: list[Span]) -> None:
    assert drawn(trace_of(order_trace)) == ORDER


def test_a_failed_order_in_a_narrow_terminal(failed_order: Trace) -> None:
    assert drawn(failed_order, 72) == FAILED


def test_an_order_in_ascii(failed_order: Trace) -> None:
    assert drawn(failed_order, 100, encoding="ascii") == ASCII


def test_without_room_for_bars_there_are_none(order_trace: list[Span]) -> None:
    assert drawn(trace_of(order_trace), 40) == NO_BARS


def test_services_have_their_colours_and_failures_are_red(failed_order: Trace) -> None:
    lines = drawn(failed_order, colour=True).splitlines()
    assert "\x1b[36mgateway" in lines[3]
    assert "\x1b[35morder" in lines[5]
    assert "\x1b[32muser" in lines[7]
    assert "\x1b[1;31m✗ " in lines[9]
    assert "\x1b[31mIntegrityError: UNIQUE constraint failed" in lines[10]


def test_what_does_not_fit_in_the_rows_is_counted(make_span: MakeSpan) -> None:
    spans = [make_span(span=number, start=number) for number in range(1, 11)]
    assert drawn(trace_of(spans), max_rows=3).splitlines()[-1] == "and 7 more spans"


def test_a_trace_of_no_time_is_drawn(make_span: MakeSpan) -> None:
    assert "0 ns" in drawn(trace_of([make_span(duration=0)]))


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b2J", "a\nb", "\u202eevil", "[bold]x[/bold]", "\x07", "\u2028"])
def test_a_name_cannot_command_the_terminal(make_span: MakeSpan, hostile: str) -> None:
    span = make_span(
        name=hostile, service=hostile, attributes={"tenant.id": hostile}, status=Status.ERROR, status_message=hostile
    )
    plain = drawn(trace_of([span]))
    assert not set(plain) & set("\x1b\x9b\x07\u202e\u2028")
    assert len(drawn(trace_of([span]), 120).splitlines()) == 5
    if hostile.startswith("["):
        assert hostile in plain


_NAMES = st.text(max_size=30)


@given(
    names=st.lists(st.tuples(_NAMES, _NAMES, st.integers(0, 8), st.integers(0, 10**7)), min_size=1, max_size=8),
    width=st.integers(20, 140),
    encoding=st.sampled_from(["utf-8", "ascii"]),
)
def test_no_line_is_wider_than_the_terminal(
    *, make_span: MakeSpan, names: list[tuple[str, str, int, int]], width: int, encoding: str
) -> None:
    spans = [
        make_span(
            span=number,
            parent=parent,
            service=service,
            name=name,
            start=micros / 1e3,
            duration=micros / 1e2,
            status=Status.ERROR,
            status_message=name,
        )
        for number, (service, name, parent, micros) in enumerate(names, 1)
    ]
    text = drawn(trace_of(spans), width, encoding=encoding)
    assert all(cell_len(line) <= width for line in text.splitlines())


ORDER = """\
POST /v1/orders  42.12 ms · 7 spans · 3 services · tenant acme · 2025-10-09 08:53:20 UTC
trace 4bf92f3577b34da6a3ce929d0e0e4736
                                                                 0                          42.12 ms
gateway POST /v1/orders                           201  42.12 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
└ gateway shop.order.v1.OrderService/CreateOrder  OK   38.50 ms   ╺━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  └ order shop.order.v1.OrderService/CreateOrder  OK   34.00 ms     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    ├ order shop.user.v1.UserService/GetUser      OK   14.00 ms      ╺━━━━━━━━━━━━
    │ └ user shop.user.v1.UserService/GetUser     OK   10.00 ms        ╺━━━━━━━━
    │   └ user SELECT users                             5.00 ms         ━━━━━
    └ order INSERT orders                               9.00 ms                     ╺━━━━━━━╸
"""
FAILED = """\
POST /v1/orders
42.12 ms · 1 error · 7 spans · 3 services · tenant acme
trace 4bf92f3577b34da6a3ce929d0e0e4736
                                                     0          42.12 ms
gateway POST /v1/orders             201    42.12 ms  ━━━━━━━━━━━━━━━━━━━
└ gateway OrderService/CreateOrder  OK     38.50 ms  ╺━━━━━━━━━━━━━━━━━╸
  └ order OrderService/CreateOrder  OK     34.00 ms   ╺━━━━━━━━━━━━━━━╸
    ├ order UserService/GetUser     OK     14.00 ms    ╺━━━━━━╸
    │ └ user UserService/GetUser    OK     10.00 ms     ╺━━━━╸
    │   └ user SELECT users                 5.00 ms      ━━╸
    └ ✗ order INSERT orders         ERROR   9.00 ms            ╺━━━━
        IntegrityError: UNIQUE constraint failed
"""
ASCII = """\
POST /v1/orders  42.12 ms - 1 error - 7 spans - 3 services - tenant acme - 2025-10-09 08:53:20 UTC
trace 4bf92f3577b34da6a3ce929d0e0e4736
                                                                   0                        42.12 ms
gateway POST /v1/orders                           201    42.12 ms  =================================
`-gateway shop.order.v1.OrderService/CreateOrder  OK     38.50 ms   ===============================
  `-order shop.order.v1.OrderService/CreateOrder  OK     34.00 ms     ===========================
    |-order shop.user.v1.UserService/GetUser      OK     14.00 ms      ============
    | `-user shop.user.v1.UserService/GetUser     OK     10.00 ms        =========
    |   `-user SELECT users                               5.00 ms         ====
    `-x order INSERT orders                       ERROR   9.00 ms                    ========
        IntegrityError: UNIQUE constraint failed
"""
NO_BARS = """\
POST /v1/orders
42.12 ms · 7 spans · 3 services
trace 4bf92f3577b34da6a3ce929d0e0e4736
gateway POST /v1/orders    201  42.12 ms
└ gateway OrderService/C…  OK   38.50 ms
  └ order OrderService/C…  OK   34.00 ms
    ├ order UserService/…  OK   14.00 ms
    │ └ user UserService…  OK   10.00 ms
    │   └ user SELECT us…        5.00 ms
    └ order INSERT orders        9.00 ms
"""
