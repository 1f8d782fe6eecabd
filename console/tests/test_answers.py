from __future__ import annotations

import pytest

from console import answers
from console.answers import Answers


def never() -> bytes:
    raise AssertionError("it was written before")


def test_an_answer_is_written_once() -> None:
    kept = Answers()
    assert kept.get("a", lambda: b"first") == b"first"
    assert kept.get("a", never) == b"first"
    assert kept.get("b", lambda: b"other") == b"other"


def test_the_ones_asked_for_longest_ago_go_when_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOST_BYTES", 8)
    kept = Answers()
    for key in "ab":
        kept.get(key, lambda: b"1234")
    kept.get("a", never)
    kept.get("c", lambda: b"1234")
    assert kept.get("a", never) == b"1234"
    assert kept.get("b", lambda: b"anew") == b"anew"


def test_an_answer_larger_than_all_the_room_is_given_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOST_BYTES", 3)
    kept = Answers()
    assert kept.get("a", lambda: b"1234") == b"1234"
    assert kept.get("a", lambda: b"5678") == b"5678"
