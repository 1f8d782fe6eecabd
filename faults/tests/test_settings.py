from __future__ import annotations

from pathlib import Path

import pytest

from faults.settings import FaultSettings
from telemetry import ConfigError


@pytest.mark.parametrize("environ", [{}, {"FAULTS": ""}, {"FAULTS": "0"}, {"FAULTS": "0", "FAULT_FLAGS": ""}])
def test_nothing_may_fail_by_default(environ: dict[str, str]) -> None:
    assert FaultSettings.from_env(environ) is None


def test_with_faults_allowed_the_file_says_which() -> None:
    settings = FaultSettings.from_env({"FAULTS": "1", "FAULT_FLAGS": "/run/flags.json"})

    assert settings == FaultSettings(flags=Path("/run/flags.json"))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"FAULTS": "1"}, "FAULT_FLAGS is not set: with FAULTS=1, expected the name of a file of flags"),
        ({"FAULT_FLAGS": "f"}, "FAULT_FLAGS='f' without FAULTS=1: expected both, or neither"),
        ({"FAULTS": "0", "FAULT_FLAGS": "f"}, "FAULT_FLAGS='f' without FAULTS=1: expected both, or neither"),
        ({"FAULTS": "maybe"}, "FAULTS='maybe': expected one of 1, true, yes, on, 0, false, no, off"),
    ],
)
def test_one_without_the_other_is_an_error_that_says_so(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        FaultSettings.from_env(environ)

    assert str(wrong.value) == message
