from __future__ import annotations

from functools import partial

import httpx
import pytest

from faults.catalogue import Fault, load
from faults.flags import EVERYBODY, FlagFile
from stack.asking import Labels, alerts_on_console, firing, until

ARRIVES_WITHIN = 60.0  # seconds
CLEARS_WITHIN = 120.0
SWITCHED = [fault for fault in load().injected if fault.alert is not None]


@pytest.mark.parametrize("fault", SWITCHED, ids=[fault.id for fault in SWITCHED])
async def test_a_fault_sets_off_its_alert_and_no_other_page(
    fault: Fault,
    flags: FlagFile,
    traffic: None,  # noqa: ARG001
    http: httpx.AsyncClient,
) -> None:
    await until(partial(firing, http), lambda found: not found, CLEARS_WITHIN)

    flags.switch({fault.id: EVERYBODY})
    told = await until(partial(firing, http), lambda found: fault.alert in names(found), ARRIVES_WITHIN)
    await until(partial(alerts_on_console, http), lambda found: fault.alert in found, ARRIVES_WITHIN)
    flags.clear()

    assert names([each for each in told if each["severity"] == "page"]) <= {fault.alert}
    await until(partial(firing, http), lambda found: not found, CLEARS_WITHIN)


def names(alerts: list[Labels]) -> set[str]:
    return {labels["alertname"] for labels in alerts}
