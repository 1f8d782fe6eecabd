from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from faults.catalogue import Fault, load
from stack.observability.profile import CONSOLE
from stack.observability.queries import Told, firing, series, told
from stack.probes.polling import until
from stack.scenarios.injection import Faulty

ARRIVES_WITHIN = 60.0  # seconds
CLEARS_WITHIN = 120.0
ALERTING = [fault for fault in load() if fault.alert is not None]


@pytest.mark.parametrize("fault", ALERTING, ids=[fault.id for fault in ALERTING])
async def test_a_fault_sets_off_its_alert_and_no_other_page(
    fault: Fault,
    faulty: Faulty,
    traffic: None,  # noqa: ARG001
    http: httpx.AsyncClient,
) -> None:
    assert fault.alert is not None
    await until_quiet(http, fault.alert)
    switched_on = datetime.now(UTC)

    async with faulty.having(fault):
        arrived = await until(
            partial(told, http, switched_on), lambda found: fault.alert in names(found), ARRIVES_WITHIN
        )
        page = await http.get(f"{CONSOLE}/alerts")
    await until_quiet(http, fault.alert)
    await until(partial(told, http, switched_on), lambda found: ended(found, fault.alert), CLEARS_WITHIN)

    assert f"docs/runbooks/{fault.alert}.md" in page.text
    alert = next(each for each in arrived if each.name == fault.alert)
    followed = await http.get(alert.annotations["exemplar"], follow_redirects=True)
    assert followed.url.path.startswith("/trace/"), followed.url
    all_told = await told(http, switched_on)
    assert not [each for each in all_told if each.name != fault.alert and each.labels["severity"] == "page"]
    assert {each.labels["dependency"] for each in all_told if "dependency" in each.labels} <= guilty(fault)


async def until_quiet(http: httpx.AsyncClient, name: str) -> None:
    """Wait until nobody is paged or about to be, and this alert does not fire."""
    alerts = f'ALERTS{{severity="page"}} or ALERTS{{alertname="{name}"}}'  # pending and inhibited ones too
    await until(partial(series, http, alerts), lambda found: not found, CLEARS_WITHIN)
    await until(
        partial(firing, http),
        lambda found: not any(each["severity"] == "page" or each["alertname"] == name for each in found),
        CLEARS_WITHIN,
    )


def guilty(fault: Fault) -> set[str]:
    """Give the service whose method the root cause is: a page may name it, and no other."""
    return set() if fault.root_cause is None else set(re.findall(r"^shop\.([a-z_]+)\.", fault.root_cause.name))


def ended(alerts: Iterable[Told], name: str | None) -> bool:
    return not any(alert.firing for alert in alerts if alert.name == name)


def names(alerts: Iterable[Told]) -> set[str]:
    return {alert.name for alert in alerts}
