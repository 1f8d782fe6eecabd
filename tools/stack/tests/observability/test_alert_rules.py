from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stack.observability.alert_rules import shorten, write_shortened
from stack.places import ROOT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(errors_total[5m])", "rate(errors_total[15s])"),
        ("x[1h] offset 5m", "x[180s] offset 15s"),
        ("for: 1m", "for: 3s"),
        ("job:errors:rate5m > 0.5", "job:errors:rate5m > 0.5"),
        ("scrape_interval: 5s", "scrape_interval: 1s"),
        ('le="2.5"', 'le="2.5"'),
        ("10 minutes", "10 minutes"),
    ],
)
def test_durations_are_shortened_and_nothing_else(text: str, expected: str) -> None:
    assert shorten(text, 20) == expected


def test_our_rules_stay_rules(tmp_path: Path) -> None:
    source = ROOT / "deploy" / "prometheus"

    write_shortened(source, tmp_path / "made", 20)

    made = sorted((tmp_path / "made" / "rules").iterdir())
    assert [path.name for path in made] == sorted(path.name for path in (source / "rules").iterdir())
    for path in made:
        before, after = (
            yaml.safe_load((folder / "rules" / path.name).read_text()) for folder in (source, made[0].parents[1])
        )
        assert [_names(group) for group in after["groups"]] == [_names(group) for group in before["groups"]]


def _names(group: dict[str, list[dict[str, str]]]) -> list[str]:
    return [rule.get("alert") or rule["record"] for rule in group["rules"]]
