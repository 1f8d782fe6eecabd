from __future__ import annotations

import pytest

from stack.demo.console import main

KEY = "k" * 48


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"JWT_KEY": KEY, "LISTEN": "16686"}, "console: LISTEN='16686': expected"),
        ({"JWT_KEY": KEY, "FAULTS": "1"}, "console: FAULT_FLAGS is not set"),
        ({"JWT_KEY": KEY, "FAULT_FLAGS": "flags.json"}, "console: FAULT_FLAGS='flags.json' without FAULTS=1"),
        ({}, "console: JWT_KEY"),
    ],
)
def test_a_wrong_setting_is_one_line(environ: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(environ) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(said)
    assert printed.count("\n") == 1
