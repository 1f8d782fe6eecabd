from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scaffold.cloning import Clone
from scaffold.template import answers_path, is_owned, read_answers, render
from stack.places import ROOT
from stack.services import services

OWN = ("domain.py", "settings.py", "server.py", "servicer.py", "store.py", "tables.py", "conftest.py")


@pytest.mark.parametrize("name", [service.name for service in services()])
def test_a_service_is_what_the_template_gives_plus_its_own_domain(read_only: Clone, tmp_path: Path, name: str) -> None:
    answers = read_answers(read_only.root, name)

    render(read_only.root, answers, tmp_path)

    rendered = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in rendered if not (read_only.root / path).exists()] == []
    shared = [path for path in rendered if not is_owned(read_only.root, answers, path) and path != answers_path(name)]
    assert len(shared) >= 10
    for path in shared:
        assert (read_only.root / path).read_text() == (tmp_path / path).read_text(), path


def test_what_is_to_be_changed_is_the_services_own() -> None:
    answers = read_answers(ROOT, "user")

    assert all(is_owned(ROOT, answers, Path("services/user/src/user_service", each)) for each in OWN[:-1])
    assert is_owned(ROOT, answers, Path("services/user/tests/conftest.py"))
    assert not is_owned(ROOT, answers, Path("services/user/Dockerfile"))
    assert not is_owned(ROOT, answers, Path("services/user/src/user_service/__main__.py"))


@pytest.mark.parametrize("calls", [{}, {"user": 50051}, {"user": 50051, "order": 50052}])
@pytest.mark.parametrize("database", [True, False])
@pytest.mark.parametrize("route", [True, False])
def test_every_choice_gives_clean_code(
    read_only: Clone,
    tmp_path: Path,
    calls: dict[str, int],
    database: bool,  # noqa: FBT001
    route: bool,  # noqa: FBT001
) -> None:
    answers = {"name": "stock_level", "calls": calls, "database": database, "route": route, "port": 50053}

    render(read_only.root, answers, tmp_path)

    ignored = ("--ignore=INP001",)  # packages without their __init__.py, which the repository has
    config = f"--config={read_only.root / 'pyproject.toml'}"
    ours = ["chassis", "gateway", "shop", "stack", "stock_level_service", "telemetry", "tracetest"]
    first = f"--config=lint.isort.known-first-party = {ours}"
    ruff = str(Path(sys.executable).with_name("ruff"))
    done = Clone(tmp_path).run(ruff, "check", config, first, *ignored, "--no-cache")
    assert done.returncode == 0, done.stdout
    assert all("{" + "{" not in path.read_text() for path in tmp_path.rglob("*.py"))
    assert (tmp_path / "gateway").exists() == route
    assert (tmp_path / "services/stock_level/src/stock_level_service/store.py").exists() == database
    assert (tmp_path / "services/stock_level/src/stock_level_service/clients.py").exists() == bool(calls)


@pytest.mark.parametrize(("name", "plural"), [("inventory", "inventories"), ("box", "boxes"), ("day", "days")])
def test_several_are_called_as_english_has_it(read_only: Clone, tmp_path: Path, name: str, plural: str) -> None:
    render(read_only.root, {"name": name, "port": 50053}, tmp_path)

    assert (tmp_path / "services" / name / "src" / f"{name}_service" / f"{plural}.py").exists()
