"""Reads the forms that pages post, and refuses those that are not theirs.

The guard has refused foreign origins before. Besides, a form carries a secret of this process, which no page of another
site can read, and says where it comes from.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

FIELD = "token"

_MOST_BYTES, _MOST_FIELDS = 4_096, 16
_URLENCODED = "application/x-www-form-urlencoded"


class Forms:
    """Makes the secret that forms carry, and reads those that carry it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    async def read(self, request: Request) -> Mapping[str, str]:
        """Give the fields of a form.

        Raises:
            HTTPException: it is no form (415), too long (413), or was not sent by one of our pages (403).
        """
        if not (request.headers.get("origin") or request.headers.get("sec-fetch-site") == "same-origin"):
            raise HTTPException(HTTPStatus.FORBIDDEN, "Origin: forms are taken from the console's own pages only")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _URLENCODED:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected {_URLENCODED}")
        fields = await _fields(request)
        if not hmac.compare_digest(fields.get(FIELD, "").encode(), self.token.encode()):
            raise HTTPException(HTTPStatus.FORBIDDEN, "token: the page is older than this console: load it again")
        return fields


async def _fields(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the form is longer than {_MOST_BYTES} bytes")
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the form cannot be read") from None
