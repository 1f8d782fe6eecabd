from __future__ import annotations

import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from telemetry import ConfigError, ExporterConfig, SamplerConfig, Telemetry, TelemetryConfig, configure, use_tenant
from telemetry.sampling.rules import RulesSampler

RULES = """
[[rule]]
name = "health"
route = "/livez*"
ratio = 0

[[rule]]
route = "/v1/orders/{order_id}"
method = "get"
ratio = 1

[[rule]]
tenant = "acme"
ratio = 1.0

[[rule]]
attributes = { "shop.canary" = true }
ratio = 1

[[rule]]
span = "shop.order.v1.*"
ratio = 1

[[rule]]
route = "/bursts"
rate = 2

[default]
ratio = 0.0
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sampling.toml"
    path.write_text(RULES)
    return path


def following(path: Path) -> Telemetry:
    sampler = SamplerConfig(kind="rules", rules=str(path))
    return configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), sampler=sampler))


def is_recorded(telemetry: Telemetry, name: str, **attributes: Any) -> bool:
    known = {key.replace("__", "."): value for key, value in attributes.items()}
    with telemetry.tracer("tests").start_as_current_span(name, attributes=known) as span:
        child = telemetry.tracer("tests").start_span("/livez")  # whatever its own name, it follows its root
        child.end()
        assert child.get_span_context().trace_flags.sampled is span.get_span_context().trace_flags.sampled
        return span.is_recording()


@pytest.mark.parametrize(
    ("name", "attributes", "recorded"),
    [
        ("GET", {"url__path": "/livez"}, False),
        ("GET", {"url__path": "/v1/orders/o-1", "http__request__method": "GET"}, True),
        ("POST", {"url__path": "/v1/orders/o-1", "http__request__method": "POST"}, False),
        ("GET", {"url__path": "/v1/orders/o-1/events", "http__request__method": "GET"}, False),
        ("GET", {"url__path": "/v1/ordersXo-1", "http__request__method": "GET"}, False),
        ("work", {"shop__canary": True}, True),
        ("work", {"shop__canary": False}, False),
        ("shop.order.v1.OrderService/GetOrder", {}, True),
        ("shop.user.v1.UserService/GetUser", {}, False),
        ("anything", {}, False),
    ],
)
def test_the_first_rule_that_matches_decides(
    file: Path,
    name: str,
    attributes: dict[str, Any],
    recorded: bool,  # noqa: FBT001
) -> None:
    with following(file) as telemetry:
        assert is_recorded(telemetry, name, **attributes) is recorded


def test_a_tenants_traces_may_be_recorded(file: Path) -> None:
    with following(file) as telemetry:
        with use_tenant("acme"):
            assert is_recorded(telemetry, "work")
            assert not is_recorded(telemetry, "GET", url__path="/livez")
        with use_tenant("globex"):
            assert not is_recorded(telemetry, "work")


def test_a_rule_may_have_a_rate(file: Path) -> None:
    with following(file) as telemetry:
        assert sum(is_recorded(telemetry, "GET", url__path="/bursts") for _request in range(50)) in (2, 3)


def test_what_no_rule_matches_is_recorded_when_the_file_says_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    with following(path) as telemetry:
        assert is_recorded(telemetry, "work")


def test_the_same_rules_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "sampling.json"
    path.write_text(json.dumps({"rule": [{"route": "/livez", "ratio": 0}], "default": {"rate": 5}}))
    with following(path) as telemetry:
        assert not is_recorded(telemetry, "GET", url__path="/livez")
        assert is_recorded(telemetry, "GET", url__path="/")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("[[rule]]\nrout = '/'\nratio = 1",
         "rule 1: rout: expected one of name, route, span, method, tenant, attributes, ratio, rate"),
        ("[[rule]]\nratio = 1\n[[rule]]\nname = 'slow'\nratio = 2",
         "rule 2 (slow): ratio=2: expected a number between 0 and 1"),
        ("[[rule]]\nratio = true", "rule 1: ratio=True: expected a number between 0 and 1"),
        ("[[rule]]\nratio = nan", "rule 1: ratio=nan: expected a number between 0 and 1"),
        ("[[rule]]\nrate = -1", "rule 1: rate=-1: expected a number between 0 and 1000000"),
        ("[[rule]]\nroute = '/'", "rule 1: no chance given: expected either ratio or rate"),
        ("[[rule]]\nratio = 1\nrate = 1", "rule 1: ratio and rate given: expected either ratio or rate"),
        ("[[rule]]\ntenant = 7\nratio = 1", "rule 1: tenant=7: expected a text"),
        ("[[rule]]\nattributes = 7\nratio = 1",
         "rule 1: attributes=7: expected a table of texts, numbers and truth values"),
        ("rule = 7", "rule=7: expected a list of rules, each [[rule]]"),
        ("rule = [7]", "rule 1: 7: expected a table of name, route, span, method, tenant, attributes, ratio, rate"),
        ("[default]\nratio = 'all'", "default: ratio='all': expected a number between 0 and 1"),
        ("[defaults]\nratio = 1", "defaults: expected one of rule, default"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line_at_the_start_with_file_rule_and_what_is_allowed(
    tmp_path: Path, content: str, line: str
) -> None:
    path = tmp_path / "sampling.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as raised:
        following(path)

    assert str(raised.value) == f"{path}: {line}"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("missing.toml", None, "the sampling rules cannot be read: No such file or directory"),
        ("a.toml", b"[[rule", "the sampling rules are not TOML: "),
        ("a.toml", b"\xff", "the sampling rules are not TOML: "),
        ("a.json", b"{", "the sampling rules are not JSON: "),
        ("a.json", b"[" * 100_000, "the sampling rules are not JSON: "),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: bytes | None, line: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        RulesSampler(str(path))

    assert str(raised.value).startswith(f"{path}: {line}")
    assert "\n" not in str(raised.value)


def test_rules_are_read_again_when_asked(file: Path) -> None:
    with following(file) as telemetry:
        assert not is_recorded(telemetry, "work")
        file.write_text("[default]\nratio = 1")
        assert not is_recorded(telemetry, "work")
        assert telemetry.reload_sampling()
        assert is_recorded(telemetry, "work")


def test_a_wrong_new_file_keeps_the_old_rules_and_logs_one_line(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with following(file) as telemetry:
        file.write_text("[default]\nratio = 7")
        with caplog.at_level(logging.WARNING):
            assert not telemetry.reload_sampling()
        assert not is_recorded(telemetry, "work")

    (record,) = caplog.records
    assert record.getMessage() == (
        f"the sampling rules stay as they were: {file}: default: ratio=7: expected a number between 0 and 1"
    )


def test_a_program_may_reload_on_a_signal(file: Path) -> None:
    with following(file) as telemetry:
        before = signal.signal(signal.SIGHUP, lambda *_: telemetry.reload_sampling())
        try:
            file.write_text("[default]\nratio = 1")
            os.kill(os.getpid(), signal.SIGHUP)
            assert is_recorded(telemetry, "work")
        finally:
            signal.signal(signal.SIGHUP, before)


def test_the_guides_rules_are_as_it_says(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "how-to" / "sample-traces.md").read_text(encoding="utf-8")
    path = tmp_path / "sampling.toml"
    path.write_text(guide.partition("```toml\n")[2].partition("```")[0])
    with following(path) as telemetry:
        assert not is_recorded(telemetry, "GET", url__path="/livez")
        order = {"url__path": "/v1/orders/o-1", "http__request__method": "POST"}
        assert sum(is_recorded(telemetry, "POST", **order) for _request in range(100)) in range(10, 13)
        with use_tenant("acme"):
            assert is_recorded(telemetry, "work", shop__canary=True)
        assert sum(is_recorded(telemetry, "work") for _trace in range(200)) < 50


def test_only_rules_can_be_read_again() -> None:
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config) as telemetry, pytest.raises(ConfigError) as raised:
        telemetry.reload_sampling()

    assert str(raised.value) == "sampler kind='parentbased_always_on': only 'rules' can be read again"
