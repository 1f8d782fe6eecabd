from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from faults.catalogue import Fault, load
from stack.asking import Told, firing, told, until
from stack.faulty import Faulty

ARRIVES_WITHIN = 60.0  # seconds
CLEARS_WITHIN = 120.0
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
ALERTING = [fault for fault in load() if fault.alert is not None]


@pytest.mark.parametrize("fault", ALERTING, ids=[fault.id for fault in ALERTING])
async def test_a_fault_sets_off_its_alert_and_no_other_page(
    fault: Fault,
    faulty: Faulty,
    traffic: None,  # noqa: ARG001
    http: httpx.AsyncClient,
) -> None:
    assert fault.alert is not None
    await until_quiet(http)
    switched_on = datetime.now(UTC)

    async with faulty.having(fault):
        arrived = await until(
            partial(told, http, switched_on), lambda found: fault.alert in names(found), ARRIVES_WITHIN
        )
        shown = await http.get("http://127.0.0.1:16687/alerts")
    await until_quiet(http)

    assert f"docs/runbooks/{fault.alert}.md" in shown.text
    (alert,) = [each for each in arrived if each.name == fault.alert][:1]
    followed = await http.get(alert.annotations["exemplar"], follow_redirects=True)
    assert followed.url.path.startswith("/trace/"), followed.url
    pages = [each for each in await told(http, switched_on) if each.labels["severity"] == "page"]
    assert names(pages) <= {fault.alert}


async def until_quiet(http: httpx.AsyncClient) -> None:
    """Wait until nothing fires, and the console was told so."""
    await until(partial(firing, http), lambda found: not found, CLEARS_WITHIN)
    await until(partial(told, http, BEFORE_ALL), lambda found: not any(each.firing for each in found), CLEARS_WITHIN)


def names(alerts: Iterable[Told]) -> set[str]:
    return {alert.name for alert in alerts}
