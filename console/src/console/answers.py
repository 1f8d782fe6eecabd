"""JSON as it is answered, and answers that took long to write, for who asks again."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST_BYTES = 32 << 20


def compact_json(document: object) -> bytes:
    """Write JSON without a space; raise ValueError for a number that JSON has no word for."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class Answers:
    """Keeps the last answers, up to 32 MiB; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable, write: Callable[[], bytes]) -> bytes:
        """Give the answer of this key, written now if it is not here; a key must name what the answer is made of."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        answer = write()
        with self._lock:
            if key not in self._answers:
                self._answers[key] = answer
                self._size += len(answer)
            while self._size > _MOST_BYTES:
                _, oldest = self._answers.popitem(last=False)
                self._size -= len(oldest)
        return answer
