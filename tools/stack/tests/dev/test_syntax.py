from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stack.dev.syntax import syntax_error

MakeFile = Callable[..., Path]


def test_an_error_names_file_line_and_reason_and_shows_the_line(make_file: MakeFile) -> None:
    path = make_file("domain.py", "a = 1\nretrun a\n")

    assert syntax_error(path, "order/domain.py") == (
        '  File "order/domain.py", line 2\n    retrun a\n           ^\nSyntaxError: invalid syntax'
    )


@pytest.mark.parametrize("text", ["", "a = 1\n", "raise ValueError\n", "a = '\\d'\n"])
def test_code_that_compiles_has_none_and_is_not_run(make_file: MakeFile, text: str) -> None:
    assert syntax_error(make_file("domain.py", text), "domain.py") is None


def test_bytes_that_are_no_text_are_an_error(make_file: MakeFile) -> None:
    path = make_file("domain.py")
    path.write_bytes(b"a = '\xff'\n")
    assert "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff" in str(syntax_error(path, "domain.py"))

    path.write_bytes(b"a = 1\0\n")
    assert "source code string cannot contain null bytes" in str(syntax_error(path, "domain.py"))


def test_only_python_is_compiled_and_what_is_gone_is_no_error(make_file: MakeFile, tmp_path: Path) -> None:
    assert syntax_error(make_file("base.html", "<p>"), "base.html") is None
    assert syntax_error(tmp_path / "gone.py", "gone.py") is None
