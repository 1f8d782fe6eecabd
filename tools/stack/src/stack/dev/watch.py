"""Waits for files to be saved."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from stack.dev.sources import is_source, source_folders

_QUIET_MS = 50  # what is saved together comes within this
_LONGEST_MS = 500  # but no longer is waited
_LOOK_MS = 500
_LATEST_SECONDS = 5.0


class _Sources(DefaultFilter):
    """Lets pass what is code or data of a package: not what editors and Python write beside it."""

    def __call__(self, change: Change, path: str) -> bool:
        return super().__call__(change, path) and is_source(Path(path))


def saved_files(root: Path) -> Generator[frozenset[Path], None, None]:
    """Give the source files that were changed, made, renamed or deleted, together; nothing every half a second.

    Raises:
        KeyboardInterrupt: A signal handler did, while files were waited for.
    """
    for changes in watch(
        *source_folders(root),
        watch_filter=_Sources(),
        debounce=_LONGEST_MS,
        step=_QUIET_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
    ):
        yield frozenset(Path(path) for _, path in changes)


def saved_at(paths: Collection[Path]) -> float:
    """Give when the last of these files was saved, in seconds of `time.time`; now, if that cannot be said."""
    now = time.time()
    changes = [path.stat().st_ctime for path in paths if path.exists()]
    last = max(changes, default=now)
    return last if now - _LATEST_SECONDS < last < now else now
