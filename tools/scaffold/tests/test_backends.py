from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from scaffold.backends import add_backend
from scaffold.errors import ScaffoldError

FILE = "gateway/src/gateway/backends.py"


def test_a_service_is_the_last_line_of_the_table(text_of: Callable[[str], str]) -> None:
    after = add_backend(text_of(FILE), "stock_level", "stock_levels", 50054)

    (table,) = [node.value for node in ast.parse(after).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    assert isinstance(table, ast.Tuple)
    assert ast.unparse(table.elts[-1]) == "Backend(StockLevelClient, '127.0.0.1:50054', stock_levels.router)"
    assert set(text_of(FILE).splitlines()) <= set(after.splitlines())


@pytest.mark.parametrize("text", ["", "BACKENDS = ()\n", "from gateway.routes import users\n"])
def test_a_file_that_is_another_is_refused(text: str) -> None:
    with pytest.raises(ScaffoldError, match="expected imports of clients, and a tuple BACKENDS"):
        add_backend(text, "stock_level", "stock_levels", 50054)
