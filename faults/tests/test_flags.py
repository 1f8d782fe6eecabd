from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from faults.flags import EVERYBODY, Audience, FlagFile
from telemetry import ConfigError

TEXTS = st.text(max_size=20)


@pytest.fixture
def flags(tmp_path: Path) -> FlagFile:
    return FlagFile(tmp_path / "flags.json", ["slow", "down"])


def is_on(audience: Audience, key: str = "a" * 32, **context: str) -> bool:
    core = FlagdCore()
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    core.set_flags({"flags": {"slow": {**flag, "targeting": audience.targeting()}}})
    attributes: dict[str, Any] = dict(context)
    return core.resolve_boolean_value("slow", default_value=False, ctx=EvaluationContext(key, attributes)).value


def written(flags: FlagFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(flags.path.read_text())["flags"]
    return found


def test_what_is_not_named_is_off(flags: FlagFile) -> None:
    flags.switch({"slow": EVERYBODY})

    assert {key: flag["defaultVariant"] for key, flag in written(flags).items()} == {"slow": "on", "down": "off"}
    flags.clear()
    assert {key: flag["defaultVariant"] for key, flag in written(flags).items()} == {"slow": "off", "down": "off"}


def test_the_file_is_replaced_whole_and_others_may_read_it(flags: FlagFile) -> None:
    flags.clear()
    before = os.stat(flags.path).st_ino  # noqa: PTH116  the inode is the point
    flags.switch({"down": EVERYBODY})

    assert flags.path.stat().st_ino != before
    assert stat.S_IMODE(flags.path.stat().st_mode) == 0o644
    assert [path.name for path in flags.path.parent.iterdir()] == ["flags.json"]


def test_a_fault_without_a_flag_cannot_be_switched(flags: FlagFile) -> None:
    with pytest.raises(ConfigError, match=r"^flag='fast': expected one of slow, down$"):
        flags.switch({"fast": EVERYBODY})

    assert not flags.path.exists()


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_lies_between_none_and_all(share: float) -> None:
    with pytest.raises(ConfigError, match=r"^share="):
        Audience(share=share)


@given(tenant=TEXTS, instance=TEXTS, other=TEXTS)
def test_a_fault_meets_whom_it_is_for_and_nobody_else(tenant: str, instance: str, other: str) -> None:
    audience = Audience(tenant=tenant, instance=instance)

    assert is_on(EVERYBODY, tenant=other, instance=other)
    assert is_on(audience, tenant=tenant, instance=instance)
    assert is_on(audience, tenant=other, instance=instance) == (other == tenant)
    assert is_on(audience, tenant=tenant, instance=other) == (other == instance)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_a_share_of_the_traces_is_met_and_each_of_them_always(share: float) -> None:
    audience = Audience(share=share)
    keys = [f"{number:032x}" for number in range(2000)]

    met = [key for key in keys if is_on(audience, key)]

    assert abs(len(met) / len(keys) - share) < 0.03
    assert [key for key in keys if is_on(audience, key)] == met
