from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.dev.affected import affected
from stack.dev.loaded import Loaded

MakeFile = Callable[..., Path]

PROGRAMS = ("user", "order", "gateway")
ROOT = Path("/nowhere")  # no file is there: only what was loaded counts


def loaded(**files: list[Path]) -> dict[str, Loaded]:
    return {name: Loaded(frozenset(files.get(name, [])), ()) for name in PROGRAMS}


@pytest.fixture
def domain(make_file: MakeFile) -> Path:
    make_file("services/order/src/order_service/__init__.py")
    return make_file("services/order/src/order_service/domain.py")


def test_a_file_of_a_service_belongs_to_it_alone(domain: Path, tmp_path: Path) -> None:
    assert affected(domain, loaded(order=[domain]), tmp_path) == {"order"}
    assert affected(domain, loaded(order=[domain], user=[domain]), tmp_path) == {"order"}


def test_a_new_file_of_a_service_belongs_to_it(domain: Path, tmp_path: Path) -> None:
    assert affected(domain, loaded(), tmp_path) == {"order"}


def test_a_shared_file_belongs_to_all_that_have_loaded_it(make_file: MakeFile, tmp_path: Path) -> None:
    flags = make_file("faults/src/faults/flags.py")

    assert affected(flags, loaded(user=[flags], order=[flags]), tmp_path) == {"user", "order"}


def test_a_shared_file_that_none_has_loaded_belongs_to_those_that_have_loaded_its_package(
    make_file: MakeFile, tmp_path: Path
) -> None:
    package = make_file("telemetry/src/telemetry/export/__init__.py")
    late = make_file("telemetry/src/telemetry/export/file.py")

    assert affected(late, loaded(user=[package], gateway=[package]), tmp_path) == {"user", "gateway"}
    assert affected(late, loaded(), tmp_path) == set()


def test_a_deleted_file_belongs_to_those_that_had_loaded_it(domain: Path, tmp_path: Path) -> None:
    domain.unlink()

    assert affected(domain, loaded(order=[domain]), tmp_path) == {"order"}
    assert affected(domain, loaded(), tmp_path) == set()


names = st.sampled_from(["telemetry", "chassis", "faults", *PROGRAMS])
paths = st.builds(lambda unit, file: ROOT / unit / "src" / unit / f"{file}.py", names, st.sampled_from("abc"))
sets = st.frozensets(paths, max_size=8)


@given(st.fixed_dictionaries(dict.fromkeys(PROGRAMS, sets)), paths)
def test_whatever_is_loaded_a_loaded_file_restarts_its_own_program_or_all_that_share_it(
    files: dict[str, frozenset[Path]], path: Path
) -> None:
    found = affected(path, {name: Loaded(each, ()) for name, each in files.items()}, ROOT)

    users = {name for name, each in files.items() if path in each}
    unit = path.parent.name
    if not users:
        assert found == set()
    elif unit in PROGRAMS:
        assert found == {unit}
    else:
        assert found == users


@given(st.fixed_dictionaries(dict.fromkeys(PROGRAMS, sets)), paths, st.sampled_from(PROGRAMS), sets)
def test_what_another_program_loads_besides_changes_nothing(
    files: dict[str, frozenset[Path]], path: Path, other: str, more: frozenset[Path]
) -> None:
    before = affected(path, {name: Loaded(each, ()) for name, each in files.items()}, ROOT)
    files[other] |= more - {path}
    after = affected(path, {name: Loaded(each, ()) for name, each in files.items()}, ROOT)

    assert after == before
