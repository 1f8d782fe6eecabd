"""What the address of the list asks for."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from console.jaeger.params import ParameterError, go_duration
from console.store import TraceFilter

STATUSES = ("ok", "error", "2xx", "4xx", "5xx")

_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")
_CURSOR = re.compile(r"[0-9]{1,18}")
_BARE_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Given:
    """The fields of the form as they were given; empty ones ask for nothing."""

    q: str = ""
    service: str = ""
    route: str = ""
    status: str = ""
    tenant: str = ""
    min: str = ""
    caller: str = ""
    callee: str = ""

    @classmethod
    def of(cls, params: QueryParams) -> Given:
        """Read the parameters of a request."""
        return cls(**{field.name: params.get(field.name, "").strip() for field in fields(cls)})

    @property
    def trace_id(self) -> str:
        """The id that was pasted into the search, if that is what it holds."""
        return self.q.lower() if _TRACE_ID.fullmatch(self.q) else ""

    def filter(self) -> TraceFilter:
        """Make what the store understands; raises ParameterError when the duration is none."""
        return TraceFilter(
            service=self.service,
            route=self.route,
            status=self.status,
            tenant=self.tenant,
            min_duration=_duration(self.min),
            text=self.q,
            caller=self.caller,
            callee=self.callee,
        )

    def href(self, path: str = "/", **more: object) -> str:
        """Give the address of the list, or of something else about the same traces, with these fields, and others."""
        given = {key: value for key, value in {**asdict(self), **more}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


def cursor(params: QueryParams) -> int | None:
    """Read where a page begins; None for the first, and for what is no number."""
    text = params.get("before", "")
    return int(text) if _CURSOR.fullmatch(text) else None


def _duration(text: str) -> int:
    """Read 100ms, 1.5s, or a number of milliseconds."""
    if not text:
        return 0
    try:
        nanoseconds = go_duration(f"{text}ms" if _BARE_NUMBER.fullmatch(text) else text.replace(" ", ""))
    except ParameterError:
        raise ParameterError(f"duration {text!r}: expected one such as 100ms, 1.5s or 250us") from None
    return max(0, nanoseconds)
