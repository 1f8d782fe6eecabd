"""Objects that a forked child must replace: it cannot use its parent's locks, queues, connections and ids.

The fork hook is registered by the first object, not at import, and it keeps no object alive.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """An object that can start again in a forked child."""

    def after_fork(self) -> None:
        """Drop the parent's state; called in the child before anything else runs."""


_objects: WeakSet[Renewable] = WeakSet()
_hooked: list[bool] = []


def renew_after_fork(renewable: Renewable) -> None:
    """Call `after_fork` in every forked child for as long as the object lives."""
    _objects.add(renewable)
    if not _hooked and hasattr(os, "register_at_fork"):
        _hooked.append(True)
        os.register_at_fork(after_in_child=_renew_all)


def _renew_all() -> None:
    for renewable in list(_objects):
        renewable.after_fork()
