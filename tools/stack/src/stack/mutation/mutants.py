"""Statements that may be removed, and a module's source without one of them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_REMOVABLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.Expr, ast.Raise, ast.Return)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module without one statement of a function.

    Attributes:
        module: Its full name.
        path: Its file.
        line: Where the statement begins.
        end: Where it ends.
        column: How far it is indented.
        text: Its first line.
    """

    module: str
    path: Path
    line: int
    end: int
    column: int
    text: str

    def source(self) -> str:
        """Give the module's source without it; all other lines keep their numbers."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        nothing = "__class__" if "super()" in self.text else "pass"  # the function closes over what it did before
        lines[self.line - 1] = " " * self.column + nothing
        lines[self.line : self.end] = [""] * (self.end - self.line)
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return f"{self.module}:{self.line}  {self.text}"


def find_mutants(module: str, path: Path, executed: Collection[int]) -> Iterator[Mutant]:
    """Give a mutant for each statement that was executed inside a function, in the order of the lines.

    A statement that stands on a line with others, such as one behind a colon, is left alone, and so is one that does
    nothing: a docstring, or the type of a name.
    """
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for statement in _statements(ast.parse(source)):
        begins_line = not lines[statement.lineno - 1][: statement.col_offset].strip()
        if statement.lineno in executed and begins_line and not _does_nothing(statement):
            end = statement.end_lineno or statement.lineno
            text = lines[statement.lineno - 1].strip()
            yield Mutant(module, path, statement.lineno, end, statement.col_offset, text)


def _statements(tree: ast.Module) -> list[ast.stmt]:
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {
        (each.lineno, each.col_offset): each
        for function in functions
        for each in ast.walk(function)
        if isinstance(each, _REMOVABLE)
    }
    return [found[place] for place in sorted(found)]


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return True
    return False
