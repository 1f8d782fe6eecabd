from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.launch import Bench, Plan, Receiver
from bench.places import BENCH
from bench.variants import VARIANTS, Variant, choose


def _named(name: str) -> Variant:
    return next(variant for variant in VARIANTS if variant.name == name)


def test_each_variant_has_its_wiring_and_its_lock() -> None:
    for variant in VARIANTS:
        assert find_spec(f"bench.wirings.{variant.wiring}") is not None
        assert (BENCH / "locks" / f"{variant.environment}.lock").is_file()


def test_the_untraced_ones_always_take_part() -> None:
    assert [variant.name for variant in choose(("ours",))] == ["untraced", "control", "ours"]


def test_by_default_every_contender_takes_part_once() -> None:
    names = [variant.name for variant in choose(())]

    assert {"untraced", "control", "stock", "logfire", "ddtrace", "ours", "ours-all"} <= set(names)
    assert len(names) == len(set(names))


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(ValueError, match="variant 'jaeger': expected one of control, "):
        choose(("jaeger",))


def test_a_service_gets_nothing_of_the_environment_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("DD_TRACE_ENABLED", "false")
    bench = Bench({}, Receiver(http=1, grpc=2), Plan(rounds=1, requests=1, warmup=1))

    stock, ddtrace = (bench.environment(_named(name), "order") for name in ("stock", "ddtrace"))

    assert "OTEL_TRACES_SAMPLER" not in stock
    assert stock["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:2"
    assert "DD_TRACE_ENABLED" not in ddtrace
    assert not any(name.startswith("OTEL_") for name in ddtrace)


def test_other_sources_are_those_of_the_variants_other(tmp_path: Path) -> None:
    bench = Bench({}, Receiver(http=1, grpc=2), Plan(rounds=1, requests=1, warmup=1), other=tmp_path)

    assert str(tmp_path) in bench.environment(_named("other"), "user")["PYTHONPATH"]
    assert str(tmp_path) not in bench.environment(_named("ours"), "user")["PYTHONPATH"]
