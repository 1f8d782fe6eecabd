from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from console.receive.body import BodyError, BodyLimits, BodyReader


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_a_body_without_coding_is_left_as_it_is(coding: str) -> None:
    assert BodyReader().unpack(b"body", coding) == b"body"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress(b"body")), ("X-GZIP", gzip.compress(b"body")), ("deflate", zlib.compress(b"body"))],
)
def test_packed_bodies_are_unpacked(coding: str, packed: bytes) -> None:
    assert BodyReader().unpack(packed, coding) == b"body"


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    reader = BodyReader(BodyLimits(unpacked=1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(BodyError, match="more than 1048576 bytes when unpacked") as raised:
            reader.unpack(bomb, "gzip")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.status == 413
    assert peak < 8 << 20


def test_a_body_of_exactly_the_most_bytes_is_taken() -> None:
    reader = BodyReader(BodyLimits(unpacked=100))
    assert len(reader.unpack(gzip.compress(bytes(100)), "gzip")) == 100
    with pytest.raises(BodyError):
        reader.unpack(gzip.compress(bytes(101)), "gzip")


@pytest.mark.parametrize(
    ("packed", "problem"),
    [
        (b"no gzip", "the body is no valid gzip"),
        (b"", "the gzip of the body is cut off"),
        (gzip.compress(b"body" * 100)[:-9], "the gzip of the body is cut off"),
        (gzip.compress(b"one") + b"two", "the body is no valid gzip"),
        (gzip.compress(b"one") + gzip.compress(b"two")[:-1], "the gzip of the body is cut off"),
        (gzip.compress(b"") * 1001, "the body continues after the end of its gzip"),
    ],
)
def test_a_damaged_body_is_refused(packed: bytes, problem: str) -> None:
    with pytest.raises(BodyError, match=problem) as raised:
        BodyReader().unpack(packed, "gzip")
    assert raised.value.status == 400


def test_an_unknown_coding_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BodyError, match="content encoding 'br': expected one of gzip") as raised:
        BodyReader().unpack(b"", "br")
    assert raised.value.status == 415
    assert raised.value.headers == {"accept-encoding": "gzip, deflate"}


async def test_chunks_are_put_together() -> None:
    async with BodyReader().read(chunks(b"a", b"", b"bc"), None) as body:
        assert body == b"abc"


@pytest.mark.parametrize("length", ["11", None])
async def test_a_body_that_is_too_large_is_refused(length: str | None) -> None:
    reader = BodyReader(BodyLimits(packed=10))
    with pytest.raises(BodyError, match="more than 10 bytes") as raised:
        async with reader.read(chunks(b"x" * 6, b"x" * 5), length):
            pytest.fail("it was taken")
    assert raised.value.status == 413


async def test_bodies_that_are_too_large_together_are_to_come_again() -> None:
    reader = BodyReader(BodyLimits(packed=10, at_once=15))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(reader.read(chunks(b"x" * 8), "8"))
        with pytest.raises(BodyError, match="try again") as raised:
            async with reader.read(chunks(b"x" * 8), "8"):
                pytest.fail("it was taken")
        assert (raised.value.status, raised.value.headers) == (503, {"retry-after": "1"})
    async with reader.read(chunks(b"x" * 10), "10") as body:
        assert len(body) == 10


@pytest.mark.parametrize("cuts", [[1], [0], [65_536, 65_537], list(range(0, 200_000, 250))])
def test_gzip_may_have_several_members(cuts: list[int]) -> None:
    text = random.Random(1).randbytes(200_000)  # noqa: S311  the same each time
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert BodyReader().unpack(b"".join(map(gzip.compress, parts)), "gzip") == text


def test_all_members_together_are_within_the_limit() -> None:
    reader = BodyReader(BodyLimits(unpacked=100))

    assert len(reader.unpack(gzip.compress(bytes(50)) * 2, "gzip")) == 100
    with pytest.raises(BodyError, match="more than 100 bytes when unpacked"):
        reader.unpack(gzip.compress(bytes(50)) * 3, "gzip")


def test_deflate_has_one_member() -> None:
    with pytest.raises(BodyError, match="the body continues after the end of its deflate"):
        BodyReader().unpack(zlib.compress(b"one") + zlib.compress(b"two"), "deflate")
