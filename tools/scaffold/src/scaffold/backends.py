"""A service's line in the gateway's table of backends."""

from __future__ import annotations

import ast
from typing import TypeGuard

from scaffold.errors import ScaffoldError


def add_backend(text: str, name: str, plural: str, port: int) -> str:
    """Add a service to ``gateway/backends.py``; give the new text, whose imports are still to be sorted."""
    camel = "".join(word.capitalize() for word in name.split("_"))
    body = ast.parse(text).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gateway.")]
    tables = [node.value for node in body if _is_named(node, "BACKENDS") and isinstance(node.value, ast.Tuple)]
    if not imports or len(tables) != 1:
        raise ScaffoldError("gateway/src/gateway/backends.py: expected imports of clients, and a tuple BACKENDS")
    lines = text.splitlines(keepends=True)
    # From the end, so that the lines above keep their numbers.
    end, last_import = tables[0].end_lineno or 0, imports[-1].end_lineno or 0
    lines.insert(end - 1, f'    Backend({camel}Client, "127.0.0.1:{port}", {plural}.router),\n')
    lines.insert(last_import, f"from gateway.routes import {plural}\n")
    lines.insert(last_import, f"from gateway.clients.{name} import {camel}Client\n")
    return "".join(lines)


def _is_named(node: ast.stmt, name: str) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    """Tell whether it gives a value to a name, with a type or without one."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
