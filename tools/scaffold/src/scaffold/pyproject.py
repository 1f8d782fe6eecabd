"""A service's entries in the workspace's pyproject.toml, which stays written as it is."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any

import tomlkit

_INSIDE = "Inside a service"
_PARTS = ("(watching) | (clients)", "(clients)", "(store)", "(tables)")
_FIRST_INSIDE = """
[[contracts]]
name = "Inside a service, imports go from the edge to the domain"
type = "layers"
containers = ["{package}"]
layers = [
    "__main__",
    "server",
    "servicer",
    "({plural})",
    "(clients)",
    "(store)",
    "(tables)",
    "domain",
]
"""


def add_service(text: str, name: str, plural: str, *, database: bool) -> str:
    """Add a service to the workspace, to what mypy reads, and to the import contracts; give the new text."""
    document: Any = tomlkit.parse(text)
    package, distribution = f"{name}_service", f"throughline-{name.replace('_', '-')}-service"
    tool = document["tool"]
    _insert_sorted(document["project"]["dependencies"], distribution)
    workspace = tomlkit.inline_table()
    workspace.append("workspace", True)
    tool["uv"]["sources"].append(distribution, workspace)
    _insert_after(tool["mypy"]["mypy_path"], "services/", f"services/{name}/src")
    linter = tool["importlinter"]
    _insert_after(linter["root_packages"], "_service", package)
    _extend_layer(_contract(linter, "Programs")["layers"], "gateway", package)
    _extend_inside(linter, package, plural)
    domain, messages = (_contract(linter, start) for start in ("The domain", "Messages"))
    _insert_after(domain["source_modules"], "_service.domain", f"{package}.domain")
    modules = [f"{package}.store", f"{package}.{plural}"] if database else [f"{package}.{plural}"]
    for module in modules:
        _insert_after(messages["source_modules"], "_service.", module)
    return tomlkit.dumps(document)


def _extend_inside(linter: Any, package: str, plural: str) -> None:
    """Add to the contract of what is inside a service; the first service of all brings it."""
    if not any(contract["name"].startswith(_INSIDE) for contract in linter["contracts"]):
        text = _FIRST_INSIDE.format(package=package, plural=plural)
        linter["contracts"].append(tomlkit.parse(text)["contracts"][0])
        return
    inside = _contract(linter, _INSIDE)
    _insert_after(inside["containers"], "_service", package)
    (layer,) = [layer for layer in inside["layers"] if layer.startswith("(") and layer not in _PARTS]
    _extend_layer(inside["layers"], layer, f"({plural})")


def _contract(linter: Any, start: str) -> Any:
    (found,) = [contract for contract in linter["contracts"] if contract["name"].startswith(start)]
    return found


def _insert_sorted(values: MutableSequence[str], value: str) -> None:
    values.insert(sum(each < value for each in values), value)


def _insert_after(values: MutableSequence[str], mark: str, value: str) -> None:
    """Insert a value behind the last one that has a mark in it; at the end when none has."""
    places = [place for place, each in enumerate(values) if mark in each]
    values.insert(places[-1] + 1 if places else len(values), value)


def _extend_layer(layers: MutableSequence[str], mark: str, module: str) -> None:
    """Add a module to a layer of independent ones, such as "gateway | user_service | console"."""
    (place,) = [place for place, layer in enumerate(layers) if mark in layer]
    modules = layers[place].split(" | ")
    _insert_after(modules, mark, module)
    layers[place] = " | ".join(modules)
