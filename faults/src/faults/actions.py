"""What a service can be made to do wrong, as the catalogue writes it: ``inject: {service, method, do, …}``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Code = Literal["UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED", "DATA_LOSS"]


class Action(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """What goes wrong in the calls of one method.

    Attributes:
        service: Whose calls they are, such as "user".
        method: Their full name, such as ``shop.user.v1.UserService/GetUser``.
    """

    service: str
    method: Annotated[str, Meta(pattern=r"^[\w.]+/\w+$")]


class Delay(Action, frozen=True, tag="delay"):
    """The handler begins late."""

    seconds: Seconds


class Abort(Action, frozen=True, tag="abort"):
    """The call is refused with a status.

    Attributes:
        code: gRPC's name of the status.
        message: For the caller.
        first_attempt: Only the first attempt is: what gRPC tries again is let through.
    """

    code: Code
    message: str
    first_attempt: bool = False


class Raise(Action, frozen=True, tag="raise"):
    """The handler has a bug: it raises what nobody expects."""

    message: str


class BreakStream(Action, frozen=True, tag="break-stream"):
    """A stream of responses breaks off after so many of them."""

    after: Annotated[int, Meta(ge=0)]
    code: Code
    message: str


class HoldPool(Action, frozen=True, tag="hold-pool"):
    """Every connection of the database's pool is taken while the call runs."""


class RefuseConnections(Action, frozen=True, tag="refuse-connections"):
    """The database cannot be reached."""


Statement = Annotated[str, Meta(pattern=r"^[A-Z]+ \w+$")]
"""An operation and its table, such as ``INSERT orders``."""


class SlowStatement(Action, frozen=True, tag="slow-statement"):
    """A statement takes longer."""

    statement: Statement
    seconds: Seconds


class BreakStatement(Action, frozen=True, tag="break-statement"):
    """A statement names a table that the database does not have, as after a migration that was not run."""

    statement: Statement


class RepeatStatement(Action, frozen=True, tag="repeat-statement"):
    """A statement is followed by so many more, one for a row, as a loop over its rows would make them."""

    statement: Statement
    times: Annotated[int, Meta(ge=1, le=1000)]


class SkewClock(Action, frozen=True, tag="skew-clock"):
    """The clock that the spans of the call are timed with is wrong; below zero it is slow."""

    seconds: Annotated[float, Meta(ge=-3600, le=3600)]


AnyAction = (
    Delay
    | Abort
    | Raise
    | BreakStream
    | HoldPool
    | RefuseConnections
    | SlowStatement
    | BreakStatement
    | RepeatStatement
    | SkewClock
)
