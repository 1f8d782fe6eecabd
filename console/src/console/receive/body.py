"""Reads request bodies within bounds: on the wire, unpacked, and of all requests together."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from console.receive.status import BUSY, RETRY_SECONDS

_CHUNK = 64 * 1024  # bytes; what follows a member is copied, so a chunk bounds that
_MOST_MEMBERS = 1000
_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # how many bits of window, and which header, zlib expects


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The most bytes of one body before and after unpacking, and of all bodies being taken at once."""

    packed: int = 8 << 20
    unpacked: int = 16 << 20
    at_once: int = 64 << 20


class BodyError(Exception):
    """A body cannot be taken.

    Args:
        status: the HTTP status to answer with.
        message: why, in one line.
        headers: what the answer must carry besides.
    """

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class BodyReader:
    """Reads bodies; one for the whole server, because it counts what is being read everywhere."""

    def __init__(self, limits: BodyLimits | None = None) -> None:
        self.limits = limits or BodyLimits()
        self._at_once = 0

    @asynccontextmanager
    async def read(self, chunks: AsyncIterable[bytes], content_length: str | None) -> AsyncIterator[bytes]:
        """Collect a body as it came; its bytes count against the bound of all bodies until the block ends.

        Raises:
            BodyError: it is too large (413), or too many are being taken at once (503, try again).
        """
        if content_length is not None and content_length.isdecimal():
            self._check(int(content_length))
        body = bytearray()
        try:
            async for chunk in chunks:
                self._check(len(body) + len(chunk))
                self._at_once += len(chunk)
                body += chunk
                if self._at_once > self.limits.at_once:
                    raise _busy()
            yield bytes(body)
        finally:
            self._at_once -= len(body)

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Count a body that something else has read against the bound of all bodies, until the block ends.

        Raises:
            BodyError: too many are being taken at once (503, try again).
        """
        self._at_once += size
        try:
            if self._at_once > self.limits.at_once:
                raise _busy()
            yield
        finally:
            self._at_once -= size

    def unpack(self, body: bytes, coding: str) -> bytes:
        """Undo the content coding; never makes more than the allowed number of bytes.

        Raises:
            BodyError: the coding is unknown (415), the body is damaged (400) or too large when unpacked (413).
        """
        coding = coding.strip().lower()
        if coding in {"", "identity"}:
            return body
        if coding not in _CODINGS:
            accepted = ", ".join(_CODINGS)
            message = f"content encoding {coding!r}: expected one of {accepted}, identity"
            raise BodyError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, {"accept-encoding": "gzip, deflate"})
        return self._inflate(body, coding)

    def _inflate(self, body: bytes, coding: str) -> bytes:
        """Decompress all members of the body: RFC 1952 allows several in gzip."""
        unpacked, stream, members = bytearray(), zlib.decompressobj(_CODINGS[coding]), 1
        for start in range(0, len(body), _CHUNK):
            rest = body[start : start + _CHUNK]
            while rest:
                if stream.eof:
                    members += 1
                    if coding == "deflate" or members > _MOST_MEMBERS:
                        raise BodyError(HTTPStatus.BAD_REQUEST, f"the body continues after the end of its {coding}")
                    stream = zlib.decompressobj(_CODINGS[coding])
                unpacked += self._decompressed(stream, rest, self.limits.unpacked + 1 - len(unpacked), coding)
                rest = stream.unused_data
        if not stream.eof:
            raise BodyError(HTTPStatus.BAD_REQUEST, f"the {coding} of the body is cut off")
        return bytes(unpacked)

    def _decompressed(self, stream: _Decompressor, packed: bytes, most: int, coding: str) -> bytes:
        try:
            unpacked = stream.decompress(packed, most)
        except zlib.error:
            raise BodyError(HTTPStatus.BAD_REQUEST, f"the body is no valid {coding}") from None
        if len(unpacked) >= most:
            raise _too_large(f"more than {self.limits.unpacked} bytes when unpacked")
        return unpacked

    def _check(self, size: int) -> None:
        if size > self.limits.packed:
            raise _too_large(f"more than {self.limits.packed} bytes")


def _too_large(what: str) -> BodyError:
    return BodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is too large: {what}")


def _busy() -> BodyError:
    return BodyError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, {"retry-after": str(RETRY_SECONDS)})
