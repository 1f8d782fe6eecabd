"""An SQLite file with export requests, so that they are still there after a restart."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from telemetry.settings.env import ConfigError

_APPLICATION_ID = 0x7468726C  # "thrl": what the file says of itself
_VERSION = 1
_SECONDS_TO_WAIT = 1.0
_WAL_BYTES = 16 << 20
_SCHEMA = f"""
BEGIN;
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    signal TEXT NOT NULL,
    trace_id TEXT,          -- of all spans in it; NULL for log records and metrics
    request BLOB NOT NULL   -- as OTLP has it, in protobuf
) STRICT;
CREATE INDEX requests_by_trace ON requests (trace_id) WHERE trace_id IS NOT NULL;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_VERSION};
COMMIT;
"""

Row: TypeAlias = tuple[str, str | None, bytes]  # signal, the one trace of all its spans, the request


class StoreFile:
    """Requests in the order in which they came. Not safe for threads by itself, but any thread may use it.

    Only its owner can read the file, and only one console has it open. What is written is there after a crash of the
    program; a crash of the machine may lose the last moments.

    Args:
        path: made when it is not there.

    Raises:
        ConfigError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"FILE='{path}': it cannot be opened: {_reason(error)}") from None
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise ConfigError(f"FILE='{path}': expected a file of this console: {error}") from None

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        [[tables]] = execute("SELECT count(*) FROM sqlite_schema")
        [[application_id]] = execute("PRAGMA application_id")
        [[version]] = execute("PRAGMA user_version")
        if tables and (application_id, version) != (_APPLICATION_ID, _VERSION):
            raise sqlite3.DatabaseError("it is another program's, or another version's")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
        if not tables:
            self._connection.executescript(_SCHEMA)

    def read(self) -> Iterator[tuple[int, str, bytes]]:
        """Give id, signal and request of all, in the order in which they came."""
        yield from self._connection.execute("SELECT id, signal, request FROM requests ORDER BY id")

    def write(
        self,
        rows: Iterable[Row],
        *,
        gone_traces: Iterable[str] = (),
        gone_ids: Iterable[int] = (),
    ) -> list[int]:
        """Write requests and remove others, all or nothing.

        Args:
            rows: what to write.
            gone_traces: those of these traces are removed.
            gone_ids: those with these ids are removed.

        Returns:
            The ids of those that were written.

        Raises:
            sqlite3.Error: it cannot be written; nothing has changed.
        """
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("DELETE FROM requests WHERE trace_id = ?", ((each,) for each in gone_traces))
            self._connection.executemany("DELETE FROM requests WHERE id = ?", ((each,) for each in gone_ids))
            ids = [
                int(execute("INSERT INTO requests (signal, trace_id, request) VALUES (?, ?, ?)", each).lastrowid or 0)
                for each in rows
            ]
            execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise
        return ids

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
