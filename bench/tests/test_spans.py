from __future__ import annotations

import pytest

from bench import spans


def test_each_kind_of_work_is_measured_with_the_sdk_and_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_SERIES", 1)
    monkeypatch.setattr(spans, "_SPANS", 20)

    taken = spans.measure()

    assert len(taken) == 3
    assert all(0 < seconds < 1 for pair in taken.values() for seconds in pair)
