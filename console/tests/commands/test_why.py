from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any

import httpx
import pytest

from console.client import QueryError
from console.commands.why import Asked, why
from console.model import Span

MINUTE = 60_000_000_000
ASKED = Asked(since=MINUTE, before=None, least=10_000_000, most=1_000)


@pytest.fixture
def url(
    running: Callable[..., AbstractContextManager[Any]],
    broken_orders: Callable[[], list[list[Span]]],
    encode: Callable[[list[Span]], Any],
) -> Iterator[str]:
    """Give the address of a console to which orders have come, of late such as cannot be stored."""
    with running() as console:
        request = encode(list(chain.from_iterable(broken_orders())))
        headers = {"content-type": "application/x-protobuf"}
        httpx.post(f"{console.url}/v1/traces", content=request.SerializeToString(), headers=headers).raise_for_status()
        yield console.url


def test_what_changed_is_said_with_figures_and_traces(url: str, screen: Any) -> None:
    assert why(url, ASKED, as_json=False, out=screen.out, err=screen.err)
    compared, empty, first, figures, *rest = screen.lines
    assert compared.endswith(" before")
    assert empty == ""
    assert first == "1. order INSERT orders fails: 42P01"
    assert figures.startswith("   in ")
    assert figures.endswith("(by chance: less than 1 in 1000)")
    links = [line.split()[0] for line in rest]
    assert len(links) == 4, "three examples, and one of before"
    assert all(httpx.get(link).is_success for link in links)
    assert rest[-1].endswith("  before")
    assert screen.err.getvalue() == "", "progress is for terminals"


def test_a_script_gets_all_figures(url: str, screen: Any) -> None:
    assert why(url, ASKED, as_json=True, out=screen.out, err=screen.err)
    document = json.loads(screen.out.getvalue())
    (finding,) = document["findings"]
    assert finding["kind"] == "fails"
    assert finding["operation"] == {"service": "order", "name": "INSERT orders", "kind": "client"}
    assert finding["failure"] == "42P01"
    assert finding["after"]["hits"] == finding["after"]["of"] == document["traces"] > 20
    assert finding["before"] == {"hits": 0, "of": document["traces_before"]}
    assert finding["met"] == []
    assert len(finding["examples"]) == 3


def test_where_there_is_nothing_it_says_so(console: Any, screen: Any) -> None:
    assert not why(console.url, ASKED, as_json=False, out=screen.out, err=screen.err)
    assert screen.lines[0].startswith("too little to tell: ")


def test_so_many_traces_are_read_as_are_wanted(url: str, screen: Any) -> None:
    few = Asked(since=55_000_000_000, before=None, least=10_000_000, most=20)
    assert why(url, few, as_json=True, out=screen.out, err=screen.err)
    document = json.loads(screen.out.getvalue())
    assert (document["traces"], document["traces_before"]) == (20, 20)


def test_where_nothing_answers_it_is_said(screen: Any) -> None:
    with pytest.raises(QueryError, match=r"127\.0\.0\.1:1/"):
        why("http://127.0.0.1:1", ASKED, as_json=False, out=screen.out, err=screen.err)
