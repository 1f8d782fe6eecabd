from __future__ import annotations

from collections.abc import Callable

import pytest

from console.analysis.outcome import failure
from console.model import Attributes, Span, Status


@pytest.mark.parametrize(
    ("attributes", "status", "named"),
    [
        ({}, Status.UNSET, ""),
        ({"rpc.response.status_code": "OK", "http.response.status_code": 201}, Status.OK, ""),
        ({"error.type": "SQLITE_ERROR", "rpc.response.status_code": "INTERNAL"}, Status.ERROR, "SQLITE_ERROR"),
        ({"rpc.response.status_code": "NOT_FOUND"}, Status.UNSET, "NOT_FOUND"),
        ({"http.response.status_code": 404}, Status.UNSET, "404"),
        ({"http.response.status_code": 399}, Status.UNSET, ""),
        ({}, Status.ERROR, "ERROR"),
    ],
)
def test_how_a_span_failed_is_named(
    make_span: Callable[..., Span], attributes: Attributes, status: Status, named: str
) -> None:
    assert failure(make_span(attributes=attributes, status=status)) == named
