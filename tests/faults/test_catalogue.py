"""Every failure of the catalogue: it looks as the catalogue says, and what does not happen is noticed, too."""

from __future__ import annotations

import pytest

from faults.catalogue import Fault
from stack.scenarios.scenario import Meeting

pytestmark = pytest.mark.timeout(120)


async def test_it_looks_as_the_catalogue_says(meeting: Meeting, fault: Fault) -> None:
    met = await meeting.meet(fault)

    met.check()


async def test_where_it_does_not_happen_its_test_fails(meeting: Meeting, fault: Fault) -> None:
    met = await meeting.meet(fault, on=False)

    with pytest.raises(AssertionError):
        met.check()
