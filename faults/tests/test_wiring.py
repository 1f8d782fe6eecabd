from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from chassis.database.engine import Database
from faults.catalogue import load
from faults.flags import FlagFile
from faults.settings import FaultSettings
from faults.wiring import fault_interceptors
from telemetry import ConfigError, Telemetry


def test_without_settings_nothing_is_wired(
    monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry, database: Database
) -> None:
    def no_listener(*_arguments: object) -> None:
        pytest.fail("a listener was added")

    monkeypatch.setattr(event, "listen", no_listener)
    monkeypatch.setattr(telemetry.tracer_provider, "add_span_processor", no_listener)

    assert fault_interceptors(None, telemetry, database) == []


def test_a_file_that_is_wrong_is_told_before_anything_is_served(
    tmp_path: Path, telemetry: Telemetry, database: Database
) -> None:
    flags = tmp_path / "flags.json"
    flags.write_text("nonsense")

    with pytest.raises(ConfigError, match=rf"^FAULT_FLAGS={flags}: Expecting value"):
        fault_interceptors(FaultSettings(flags=flags), telemetry, database)


def test_the_catalogue_of_the_package_is_wired_by_default(
    tmp_path: Path, telemetry: Telemetry, database: Database
) -> None:
    flags = FlagFile(tmp_path / "flags.json", load().flags)
    flags.clear()

    (interceptor,) = fault_interceptors(FaultSettings(flags=flags.path), telemetry, database)

    assert type(interceptor).__name__ == "FaultInterceptor"
