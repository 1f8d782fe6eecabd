"""The failure catalogue, read from its one file: what injects, tests, shows and documents a failure reads it here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from faults.actions import AnyAction
from telemetry import ErrorClass, Severity

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*[a-z0-9]$", max_length=40)]
Text = Annotated[str, Meta(min_length=1)]
Part = Literal["user", "order", "gateway", "postgres", "collector", "jaeger"]
Preparation = Literal["user", "order", "cancelled-order", "ten-orders"]


class CatalogueError(ValueError):
    """The catalogue is wrong; the message is one line that tells where, what was given and what is allowed."""


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to the gateway, as a well-behaved caller sends it.

    Texts may name what was prepared, such as ``{user}``; ``{unique}`` is another word in each request.

    Attributes:
        method: The HTTP method.
        path: The path.
        json: The body.
        headers: More headers than those that every request has.
    """

    method: Literal["GET", "POST"]
    path: Annotated[str, Meta(pattern=r"^/")]
    json: Any = None
    headers: Mapping[str, str] = {}


class Caller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the caller does otherwise than `Request` says: the failure, or a part of it, is his.

    Attributes:
        json: Another body.
        headers: More headers; they win.
        as_other_tenant: The request is made with the token of another tenant.
        leaves_after: Seconds after which the client hangs up.
    """

    json: Any = None
    headers: Mapping[str, str] = {}
    as_other_tenant: bool = False
    leaves_after: Annotated[float, Meta(gt=0, le=60)] | None = None


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the caller is answered.

    Attributes:
        status: The HTTP status.
        title: Of the problem (RFC 9457) that the body is, or that the stream's event ``error`` carries.
        headers: Headers that the answer has, with these values.
    """

    status: Annotated[int, Meta(ge=200, le=599)]
    title: str | None = None
    headers: Mapping[str, str] = {}


class Error(Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """How the failure is classified, see `telemetry.errors`."""

    kind: ErrorClass
    severity: Severity


class RootCause(Struct, frozen=True, forbid_unknown_fields=True):
    """The span in which it began."""

    service: str
    name: str
    kind: Literal["SERVER", "CLIENT"]


class Metric(Struct, frozen=True, forbid_unknown_fields=True):
    """The metric that shows it.

    Attributes:
        name: As OpenTelemetry has it, such as ``http.server.request.duration``.
        service: Whose it is.
        attributes: Of the data points that tell of it.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.]*$")]
    service: str
    attributes: Mapping[str, str | int] = {}


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail.

    It is switched on by what it has of these: `inject` by the flag that is called like the fault, `stops` by ending
    a part of the stack, `caller` by sending another request.

    Attributes:
        id: A few words with hyphens between; also the key of its flag.
        title: For a menu.
        does: What happens, for people.
        inject: What one service does wrong.
        stops: The part that is ended; where the stack has no such part, `inject` stands in for it.
        caller: What the caller does wrong.
        given: What is made before, by ordinary requests.
        request: The request that meets it.
        answer: None when nobody is there to be answered.
        error: None for what is no error.
        own_trace: The caller's trace does not go on: the request's begins at the gateway.
        trace: The trace that the request must leave, in the words of the trace-test kit; None: none arrives, until
            what is down is up again.
        root_cause: Where it began; None when no span is at fault.
        metric: None when there is none that could tell.
        alert: The alert that must notice it; None for what nobody is to be woken for.
    """

    id: Id
    title: Text
    does: Text
    inject: AnyAction | None = None
    stops: Part | None = None
    caller: Caller | None = None
    given: tuple[Preparation, ...] = ()
    request: Request
    answer: Answer | None
    error: Error | None
    own_trace: bool = False
    trace: Any
    root_cause: RootCause | None
    metric: Metric | None
    alert: str | None


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """All faults, in the order of the file."""

    faults: tuple[Fault, ...]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)

    def __len__(self) -> int:
        return len(self.faults)

    def get(self, fault_id: str) -> Fault:
        """Give a fault; raise CatalogueError when there is none of that id."""
        for fault in self.faults:
            if fault.id == fault_id:
                return fault
        raise CatalogueError(f"fault={fault_id!r}: expected one of {', '.join(self.ids)}")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all faults."""
        return tuple(fault.id for fault in self.faults)

    @property
    def injected(self) -> tuple[Fault, ...]:
        """Those that a service can be made to have."""
        return tuple(fault for fault in self.faults if fault.inject is not None)

    @property
    def flags(self) -> tuple[str, ...]:
        """The keys of all flags: the ids of `injected`."""
        return tuple(fault.id for fault in self.injected)


@cache
def load() -> Catalogue:
    """Give the catalogue of this package."""
    return parse(files("faults").joinpath("catalogue.yaml").read_text(encoding="utf-8"))


def parse(text: str) -> Catalogue:
    """Read a catalogue; raise CatalogueError."""
    try:
        catalogue = msgspec.convert(yaml.safe_load(text), Catalogue)
    except yaml.YAMLError as error:
        raise CatalogueError(f"catalogue: no YAML: {' '.join(str(error).split())}") from None
    except msgspec.ValidationError as error:
        raise CatalogueError(f"catalogue: {error}") from None
    _check(catalogue)
    return catalogue


def _check(catalogue: Catalogue) -> None:
    ids = catalogue.ids
    for twice in sorted({each for each in ids if ids.count(each) > 1}):
        raise CatalogueError(f"catalogue: fault={twice!r}: two have this id")
    for fault in catalogue:
        if fault.inject is None and fault.stops is None and fault.caller is None:
            raise CatalogueError(f"catalogue: fault={fault.id!r}: expected one of inject, stops, caller")
        if fault.answer is None and (fault.caller is None or fault.caller.leaves_after is None):
            raise CatalogueError(f"catalogue: fault={fault.id!r}: expected an answer, for its caller does not leave")
