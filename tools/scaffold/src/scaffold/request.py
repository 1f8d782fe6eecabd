"""What a new service is asked to be: given by variables, asked for on a terminal, checked."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf import descriptor_pool

from scaffold.errors import ScaffoldError
from stack.services import Service

Ask = Callable[[str, str], str]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 20
_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
_PARTS = """app collector console copier databases deploy faults gateway jaeger make postgres scaffold shop stack
telemetry"""
_CODE = """client clients context domain draft health limit link main metadata migrate migrations page pages position
refusal request response row secrets server service services servicer settings span store stub test tests timestamp
token tools url uuid version"""
_OTHERS = "database group index key message name package proto query rpc schema table tables tenant user_id value"
# Parts of the stack, words of the generated code, of protos and of SQL, and Python's own.
RESERVED = frozenset((*_PARTS.split(), *_CODE.split(), *_OTHERS.split(), *keyword.kwlist, *keyword.softkwlist))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A service to be.

    Attributes:
        name: Its short name, such as ``inventory``.
        calls: The services that it calls.
        database: Whether it has one.
        route: Whether the gateway leads to it.
        port: Where it listens unless it is told otherwise.
    """

    name: str
    calls: tuple[Service, ...]
    database: bool
    route: bool
    port: int

    @classmethod
    def read(cls, given: Mapping[str, str], there: Sequence[Service], ask: Ask | None) -> Request:
        """Read NAME, CALLS, DB and ROUTE.

        Args:
            given: The variables; one that is empty counts as not given.
            there: The services that there are.
            ask: Asks a person, with a question and what nothing means; None when nobody is there to be asked.

        Raises:
            ScaffoldError: One that is wrong, or NAME is not given and nobody can be asked.
        """

        def value(variable: str, question: str, default: str) -> str:
            text = given.get(variable, "").strip()
            return text or (default if ask is None else ask(question, default))

        name = _name(value("NAME", "its short name, such as inventory", ""), there)
        names = ",".join(service.name for service in there)
        calls = value("CALLS", f"the services that it calls, of {names}", "")
        return cls(
            name=name,
            calls=_calls(calls, there),
            database=flag("DB", value("DB", "has it a database", "yes")),
            route=flag("ROUTE", value("ROUTE", "does the gateway lead to it", "no")),
            port=max((service.port for service in there), default=50050) + 1,
        )

    @property
    def answers(self) -> dict[str, object]:
        """What the template is told."""
        return {
            "name": self.name,
            "calls": {service.name: service.port for service in self.calls},
            "database": self.database,
            "route": self.route,
            "port": self.port,
        }


def _name(name: str, there: Sequence[Service]) -> str:
    if not name:
        raise ScaffoldError("NAME is not given: expected the service's short name, as in NAME=inventory")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ScaffoldError(f"NAME={name!r}: expected a lower-case Python name of 1 to {_LONGEST} characters")
    if name in RESERVED:
        raise ScaffoldError(f"NAME={name!r} is reserved: expected a name that nothing else here has")
    taken = {service.name for service in there}
    if name in taken or f"{name}s" in taken or name.removesuffix("s") in taken:
        raise ScaffoldError(f"NAME={name!r} is taken: expected another name than {', '.join(sorted(taken))}")
    return name


def _calls(text: str, there: Sequence[Service]) -> tuple[Service, ...]:
    by_name = {service.name: service for service in there}
    names = [name for name in re.split(r"[,\s]+", text) if name]
    for name in names:
        if name not in by_name:
            raise ScaffoldError(f"CALLS={text!r}: {name!r} is no service: expected some of {', '.join(by_name)}")
        if not _can_be_asked(by_name[name]):
            raise ScaffoldError(f"CALLS={text!r}: {name!r} keeps nothing that could be asked for: it has no database")
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _can_be_asked(service: Service) -> bool:
    """Tell whether it has the method that the generated client calls."""
    __import__(f"shop.{service.name}.v1.{service.name}_pb2")
    methods = descriptor_pool.Default().FindServiceByName(service.full_name).methods_by_name
    return f"Get{service.full_name.rpartition('.')[2].removesuffix('Service')}" in methods


def flag(variable: str, text: str) -> bool:
    """Read a variable that says yes or no; raise ScaffoldError."""
    if text.lower() not in _YES + _NO:
        raise ScaffoldError(f"{variable}={text!r}: expected yes or no")
    return text.lower() in _YES
