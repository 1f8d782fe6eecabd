from __future__ import annotations

from faults.catalogue import load
from stack.judged_why.traffic import kinds


def test_each_request_of_the_catalogue_is_sent_once() -> None:
    asked = [(kind.request.method, kind.request.path) for kind in kinds()]

    assert len(asked) == len(set(asked))
    assert set(asked) == {(fault.request.method, fault.request.path) for fault in load()}
