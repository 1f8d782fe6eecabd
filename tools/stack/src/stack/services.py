"""The services of the stack. Each says in its own pyproject.toml, under ``[tool.stack]``, what running it takes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stack.places import ROOT


@dataclass(frozen=True, slots=True)
class Service:
    """A gRPC service of the stack.

    Attributes:
        name: Its short name, such as ``user``: the folder in services/, the package of its proto, its name in traces.
        port: Where it listens unless it is told otherwise.
        calls: The names of the services that it calls.
        database: What its database is called on PostgreSQL; empty for a service that has none.
    """

    name: str
    port: int
    calls: tuple[str, ...]
    database: str

    @property
    def module(self) -> str:
        """Its Python package."""
        return f"{self.name}_service"

    @property
    def full_name(self) -> str:
        """What gRPC calls it."""
        camel = "".join(word.capitalize() for word in self.name.split("_"))
        return f"shop.{self.name}.v1.{camel}Service"

    @property
    def variable(self) -> str:
        """The environment variable that tells others where it serves."""
        return f"{self.name.upper()}_SERVICE"


def find_services(root: Path) -> tuple[Service, ...]:
    """Give the services of a repository, by port."""
    return tuple(sorted(map(_read, root.glob("services/*/pyproject.toml")), key=lambda service: service.port))


@cache
def services() -> tuple[Service, ...]:
    """Give the services of this repository."""
    return find_services(ROOT)


def _read(path: Path) -> Service:
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["stack"]
    return Service(path.parent.name, table["port"], tuple(table["calls"]), table["database"])
