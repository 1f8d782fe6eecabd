from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from console.model import Span


@dataclass
class Screen:
    """What a command writes."""

    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def place_order(console: Any, order_trace: list[Span], encode: Callable[..., Any]) -> Callable[[], str]:
    """Give a function that sends the trace of an order, with an id of its own, which it gives."""

    def place() -> str:
        trace_id = uuid4().hex
        request = encode(order_trace)
        for group in request.resource_spans:
            for span in group.scope_spans[0].spans:
                span.trace_id = bytes.fromhex(trace_id)
        headers = {"content-type": "application/x-protobuf"}
        httpx.post(f"{console.url}/v1/traces", content=request.SerializeToString(), headers=headers).raise_for_status()
        return trace_id

    return place
