from __future__ import annotations

import pytest

from bench.counts import Counts, Expected

_WHOLE = Counts(spans=500, traces=100, smallest=5, largest=5)


def test_every_request_must_have_left_a_whole_trace() -> None:
    assert Expected(spans=5).complaint(_WHOLE, 100) is None


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        (Counts(), "0 traces of 100 requests came, expected 100"),
        (Counts(spans=495, traces=99, smallest=5, largest=5), "99 traces of 100 requests came, expected 100"),
        (Counts(spans=499, traces=100, smallest=4, largest=5), "traces of 4 to 5 spans came, expected 5"),
        (Counts(spans=501, traces=100, smallest=5, largest=6), "traces of 5 to 6 spans came, expected 5"),
        (Counts(spans=500, traces=100, smallest=5, largest=5, logs=3), "3 logs came, expected none"),
    ],
)
def test_what_is_lost_or_too_much_is_named(counts: Counts, complaint: str) -> None:
    assert Expected(spans=5).complaint(counts, 100) == complaint


def test_a_variant_that_does_not_trace_must_send_nothing() -> None:
    assert Expected(spans=0).complaint(Counts(), 100) is None
    assert Expected(spans=0).complaint(_WHOLE, 100) == "100 traces of 100 requests came, expected 0"


def test_a_sampler_may_be_off_by_chance_and_not_by_more() -> None:
    expected = Expected(spans=5, share=0.01)

    assert expected.complaint(Counts(spans=115, traces=23, smallest=5, largest=5), 2000) is None
    assert expected.complaint(Counts(spans=500, traces=100, smallest=5, largest=5), 2000) is not None
    assert expected.complaint(Counts(spans=115, traces=23, smallest=3, largest=5), 2000) is not None


def test_metrics_and_logs_must_come_when_they_are_on() -> None:
    expected = Expected(spans=5, metrics=True, logs=True)

    assert expected.complaint(_WHOLE, 100) == "0 metrics came, expected some"
    assert expected.complaint(Counts(spans=500, traces=100, smallest=5, largest=5, metrics=9, logs=300), 100) is None
