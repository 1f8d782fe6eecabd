"""What must be made anew in a forked child: locks, queues, connections and ids of the parent are of no use there.

The operating system's hook is taken when the first object asks for it, not at import, and it keeps no object alive.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that can start afresh in a forked child."""

    def after_fork(self) -> None:
        """Drop what belongs to the parent; called in the child, before anything else runs there."""


_objects: WeakSet[Renewable] = WeakSet()
_hooked: list[bool] = []


def renew_after_fork(renewable: Renewable) -> None:
    """Have `after_fork` called in every forked child for as long as the object lives."""
    _objects.add(renewable)
    if not _hooked and hasattr(os, "register_at_fork"):
        _hooked.append(True)
        os.register_at_fork(after_in_child=_renew_all)


def _renew_all() -> None:
    for renewable in list(_objects):
        renewable.after_fork()
