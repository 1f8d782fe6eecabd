from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from console.store.file import StoreFile
from telemetry.settings.env import ConfigError

TRACE = "ab" * 16
Opened = Callable[[Path], StoreFile]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console.db"


@pytest.fixture
def opened() -> Iterator[Callable[[Path], StoreFile]]:
    """Give a function that opens a file; all are closed at the end."""
    with ExitStack() as files:
        yield lambda path: files.enter_context(closing(StoreFile(path)))


def requests(file: StoreFile) -> list[tuple[str, bytes]]:
    return [(signal, request) for _, signal, request in file.read()]


def test_what_was_written_is_there_when_it_is_opened_again(opened: Opened, path: Path) -> None:
    file = opened(path)
    file.write([("traces", TRACE, b"first"), ("logs", None, b"second")])
    file.close()
    assert requests(opened(path)) == [("traces", b"first"), ("logs", b"second")]


def test_what_was_written_is_there_after_a_crash(opened: Opened, path: Path, tmp_path: Path) -> None:
    file = opened(path)
    file.write([("traces", TRACE, b"first")])
    crashed = tmp_path / "crashed.db"
    for suffix in ("", "-wal"):
        Path(f"{crashed}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    file.close()
    assert requests(opened(crashed)) == [("traces", b"first")]


def test_requests_go_by_trace_and_by_id(opened: Opened, path: Path) -> None:
    file = opened(path)
    ids = file.write([("traces", TRACE, b"1"), ("logs", None, b"2"), ("traces", TRACE, b"3"), ("metrics", None, b"4")])
    file.write([("logs", None, b"5")], gone_traces=[TRACE], gone_ids=[ids[1]])
    assert requests(file) == [("metrics", b"4"), ("logs", b"5")]


def test_nothing_changes_when_something_cannot_be_written(opened: Opened, path: Path) -> None:
    file = opened(path)
    file.write([("traces", TRACE, b"1")])
    with pytest.raises(sqlite3.Error):
        file.write([("logs", None, b"2"), (None, None, b"3")], gone_traces=[TRACE])  # type: ignore[list-item]  # wrong
    assert requests(file) == [("traces", b"1")]


def test_only_its_owner_can_read_it(opened: Opened, path: Path) -> None:
    opened(path).write([("logs", None, b"1")])
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_second_console_is_told_that_it_is_in_use(opened: Opened, path: Path) -> None:
    first = opened(path)
    first.write([("logs", None, b"1")])
    with pytest.raises(ConfigError, match=r"^FILE='.*console\.db': expected a file of this console: .*locked$"):
        opened(path)


def test_another_programs_file_is_left_alone(opened: Opened, path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="it is another program's, or another version's"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database" * 100, bytes(4096)])
def test_what_is_no_database_is_refused(opened: Opened, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^FILE='.*': expected a file of this console: "):
        opened(path)


def test_a_folder_that_is_not_there_is_named(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^FILE='.*/missing/console\.db': it cannot be opened: No such file"):
        opened(tmp_path / "missing" / "console.db")
