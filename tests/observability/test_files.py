from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from stack.compose.project import ComposeStack
from stack.configurations import check
from stack.places import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
RUNBOOKS = ROOT / "docs" / "runbooks"


def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(PROMETHEUS.glob("rules/*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_why_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["labels"]["cause"]
    assert alert["annotations"].keys() == {"summary", "runbook", "exemplar", "traces"}
    page = ROOT / alert["annotations"]["runbook"]
    assert page == RUNBOOKS / f"{alert['alert']}.md"
    assert re.findall("^#+ .*", page.read_text(), re.MULTILINE) == [f"# {alert['alert']}", "## Look", "## Do"]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_is_tested_to_fire_and_to_keep_quiet(alert: dict[str, Any]) -> None:
    expected = [
        bool(each["exp_alerts"])
        for path in PROMETHEUS.glob("tests/*.yaml")
        for test in yaml.safe_load(path.read_text())["tests"]
        for each in test["alert_rule_test"]
        if each["alertname"] == alert["alert"]
    ]

    assert set(expected) == {True, False}
    assert expected[-1] is False or False in expected[expected.index(True) :]


def test_there_is_no_page_without_its_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in ALERTS}


def test_the_collector_keeps_what_the_rules_call_slow() -> None:
    targets = {
        rule["labels"]["http_route"]: float(rule["expr"].removeprefix("vector(").removesuffix(")")) * 1000
        for rule in rules()
        if rule.get("record") == "route:latency_target:seconds"
    }
    policies = yaml.safe_load((ROOT / "deploy" / "collector" / "sampling.yaml").read_text())
    kept = {
        route: parts["limit"]["latency"]["threshold_ms"]
        for policy in policies["processors"]["tail_sampling"]["policies"]
        if "limit" in (parts := {part["name"]: part for part in policy.get("and", {}).get("and_sub_policy", [])})
        for route in parts["route"]["string_attribute"]["values"]
    }

    assert kept == targets


def test_grafana_leads_from_each_of_traces_logs_and_metrics_to_the_others() -> None:
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "datasources.yaml").read_text())["datasources"]

    leads = {(source["uid"], target) for source in sources for target in targets(source["jsonData"])}

    assert leads == {("prometheus", "jaeger"), ("loki", "jaeger"), ("jaeger", "loki"), ("jaeger", "prometheus")}


def targets(settings: object) -> list[str]:
    """Give the data sources that settings lead to, however deep these say so."""
    if isinstance(settings, list):
        return [found for each in settings for found in targets(each)]
    if isinstance(settings, dict):
        here = [settings["datasourceUid"]] if "datasourceUid" in settings else []
        return here + [found for each in settings.values() for found in targets(each)]
    return []


def test_the_collector_and_promtool_find_the_configuration_right(observed: ComposeStack) -> None:  # noqa: ARG001  it has brought the images
    assert check({"CI": "true"}) == 0
