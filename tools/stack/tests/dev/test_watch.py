from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stack.dev.watch import saved_at, saved_files

MakeFile = Callable[..., Path]
Next = Callable[[], set[Path]]


@pytest.fixture
def domain(make_file: MakeFile) -> Path:
    return make_file("services/order/src/order_service/domain.py").resolve()


@pytest.fixture
def saved(domain: Path) -> Iterator[Next]:
    """Gives the files that are saved next."""
    with closing(saved_files(domain.parents[4])) as batches:
        assert not next(batches)  # nothing is saved yet; from here on all is noticed

        yield lambda: set(next(filter(None, batches)))


def test_a_file_that_is_written_is_seen(saved: Next, domain: Path) -> None:
    domain.write_text("a = 1\n")

    assert saved() == {domain}


def test_a_file_that_an_editor_puts_in_the_place_of_the_old_one_is_seen(saved: Next, domain: Path) -> None:
    other = domain.with_name("domain.py.tmp.4711")
    other.write_text("a = 1\n")
    other.replace(domain)

    assert saved() == {domain}


def test_new_and_deleted_files_are_seen_in_new_folders_too(saved: Next, domain: Path) -> None:
    domain.unlink()
    assert saved() == {domain}

    package = domain.parent / "prices"
    package.mkdir()
    (package / "__init__.py").touch()
    seen = saved()
    while package / "__init__.py" not in seen:
        seen |= saved()
    (package / "vat.py").write_text("rate = 19\n")
    assert saved() == {package / "vat.py"}


def test_tests_caches_and_what_is_no_source_are_not(saved: Next, domain: Path, make_file: MakeFile) -> None:
    make_file("services/order/tests/test_domain.py")
    make_file("services/order/src/order_service/__pycache__/domain.cpython-311.pyc")
    make_file("services/order/src/order_service/.git/hooks.py")
    make_file("services/order/src/order_service/#domain.py#")
    make_file("services/order/src/order_service/4913")
    domain.write_text("a = 1\n")

    assert saved() == {domain}


def test_the_time_is_that_of_the_last_save(make_file: MakeFile) -> None:
    first, last = make_file("a.py"), make_file("b.py")

    assert saved_at([first, last]) == max(first.stat().st_ctime, last.stat().st_ctime)


def test_the_age_of_what_a_file_was_moved_from_is_not_counted(make_file: MakeFile) -> None:
    old = make_file("a.py")
    os.utime(old, (0, 0))

    assert time.time() - saved_at([old]) < 5


def test_of_deleted_files_the_time_is_now(tmp_path: Path) -> None:
    before = time.time()

    assert before <= saved_at([tmp_path / "gone.py"]) <= time.time()
