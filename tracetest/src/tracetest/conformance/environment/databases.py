"""Makes a service's database unavailable, or locks it, from outside."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tracetest.conformance.environment.ports import free_port

_SQLITE = "sqlite"


def away(url: str, folder: Path) -> str:
    """Give the URL of an unavailable database of the same kind; `folder` is empty."""
    parts = urlsplit(url)
    if parts.scheme.startswith(_SQLITE):
        return f"{parts.scheme}:///{folder / 'away' / 'nothing.db'}"
    user = f"{parts.username}:{parts.password}@" if parts.password else f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{free_port()}"))


def can_lock(url: str) -> bool:
    """Tell whether the database is a file that can be locked from outside."""
    return urlsplit(url).scheme.startswith(_SQLITE) and _file(url).is_file()


def is_written(url: str, act: Callable[[], object]) -> bool:
    """Tell whether a SQLite file is written while something is done."""
    with closing(sqlite3.connect(_file(url))) as connection:
        # https://www.sqlite.org/pragma.html#pragma_data_version: changes when another connection has written
        before = connection.execute("PRAGMA data_version").fetchone()
        act()
        return bool(connection.execute("PRAGMA data_version").fetchone() != before)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Lock a SQLite file, so that writers wait until the block ends."""
    with closing(sqlite3.connect(_file(url), timeout=5.0, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def _file(url: str) -> Path:
    return Path(urlsplit(url).path.removeprefix("/"))
