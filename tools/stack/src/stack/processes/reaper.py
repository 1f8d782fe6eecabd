"""``python -m stack.processes.reaper``: ends the programs that its parent started, once the parent is gone.

It is told of them on its standard input, a line each: ``+PID`` when a program has been started, ``-PID`` when it has
ended. The input ends with the parent. (Linux could do this alone, with PR_SET_PDEATHSIG, but that signal comes when the
*thread* that started the program ends.)
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

_GRACE = 8.0  # seconds: what a service takes at most to stop
_POLL_SECONDS = 0.05


def main(lines: Iterable[str]) -> None:
    """Follow the lines to their end, then end the programs that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    running: set[int] = set()
    for line in lines:
        pid = int(line[1:])
        if line[0] == "+":
            running.add(pid)
        else:
            running.discard(pid)
    _end(running)


def _end(groups: set[int]) -> None:
    ends_at = time.monotonic() + _GRACE
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    while left and time.monotonic() < ends_at:
        time.sleep(_POLL_SECONDS)
        left = {group for group in left if _signal(group, 0)}
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; tell whether there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(sys.stdin)
