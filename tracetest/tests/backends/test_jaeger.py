from __future__ import annotations

import socket
from typing import Any

import pytest

from tracetest import Jaeger, TraceNotWhole

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CALL = {"span_kind": "client", "rpc_method": "shop.user.v1.UserService/GetUser"}


async def test_a_trace_that_jaeger_does_not_know_is_none(answers: Any) -> None:
    answers.script = [404]
    async with Jaeger(answers.url, api="legacy") as jaeger:
        assert await jaeger.fetch(TRACE_ID) is None

    assert answers.asked == [f"/api/traces/{TRACE_ID}"]


async def test_it_waits_until_the_trace_is_there_whole_and_no_longer_grows(answers: Any, document: Any) -> None:
    parent, child, late = document("aa", "caller"), document("bb", "aa"), document("cc", "aa")
    answers.script = [404]
    answers.spans(child)
    answers.spans(parent, child)
    answers.spans(parent, child, late)
    answers.spans(parent, child, late)
    answers.script.append(500)
    async with Jaeger(answers.url, api="legacy", poll=0.001) as jaeger:
        trace = await jaeger.whole(TRACE_ID, "caller")

    assert {span.span_id for span in trace} == {"aa", "bb", "cc"}
    assert len(answers.asked) == 5


async def test_what_is_still_missing_at_the_end_is_named_beside_what_is_there(answers: Any, document: Any) -> None:
    answers.spans(document("aa"), document("bb", "aa", **CALL), document("cc", "lost"))
    async with Jaeger(answers.url, api="legacy", within=0.02, poll=0.001) as jaeger:
        with pytest.raises(TraceNotWhole) as caught:
            await jaeger.whole(TRACE_ID)

    assert str(caught.value).splitlines() == [
        f"trace {TRACE_ID} is not whole after 0.02 s",
        "  missing: the parent of order span cc INTERNAL",
        "  missing: the server's side of order span bb CLIENT, shop.user.v1.UserService",
        "  name services without spans in trace_absent, and services that are down now in absent=[…]",
        "there by now:",
        "  order  span aa  INTERNAL",
        "    order  span bb  CLIENT",
        "  order  span cc  INTERNAL",
        f"  {answers.url}/trace/{TRACE_ID}",
    ]
    assert caught.value.trace is not None
    assert len(caught.value.trace) == 3


async def test_a_service_that_is_absent_is_not_awaited(answers: Any, document: Any) -> None:
    answers.spans(document("aa"), document("bb", "aa", **CALL))
    async with Jaeger(answers.url, api="legacy", poll=0.001) as jaeger:
        trace = await jaeger.whole(TRACE_ID, absent=["shop.user.v1.UserService"])

    assert len(trace) == 2


async def test_a_trace_of_which_nothing_comes_is_told_so(answers: Any) -> None:
    answers.script = [404]
    async with Jaeger(answers.url, api="legacy", within=0.01, poll=0.001) as jaeger:
        with pytest.raises(TraceNotWhole, match=r"not whole after 0\.01 s\n  missing: every span$"):
            await jaeger.whole(TRACE_ID)


async def test_a_jaeger_that_is_away_for_a_moment_is_waited_for(answers: Any, document: Any) -> None:
    answers.script = [503]
    answers.spans(document("aa"))
    async with Jaeger(answers.url, api="legacy", poll=0.001) as jaeger:
        assert len(await jaeger.whole(TRACE_ID)) == 1


async def test_a_jaeger_that_stays_away_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    async with Jaeger(url, api="legacy", within=0.01, poll=0.001) as jaeger:
        with pytest.raises(TraceNotWhole, match=rf"missing: Jaeger: {url}.* "):
            await jaeger.whole(TRACE_ID)
