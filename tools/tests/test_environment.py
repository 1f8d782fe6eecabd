from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# A build backend in a member's own folder: nothing has to be fetched.
BACKEND = """
import pathlib, zipfile

def get_requires_for_build_editable(config_settings=None):
    return []

def prepare_metadata_for_build_editable(folder, config_settings=None):
    import tomllib
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    info = pathlib.Path(folder) / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
    lines += [f"Requires-Dist: {each}" for each in project.get("dependencies", [])]
    (info / "METADATA").write_text("\\n".join(lines) + "\\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    (info / "RECORD").write_text("")
    return info.name

def build_editable(folder, config_settings=None, metadata_directory=None):
    info = pathlib.Path(folder) / prepare_metadata_for_build_editable(folder)
    name = info.name.removesuffix(".dist-info")
    with zipfile.ZipFile(pathlib.Path(folder) / f"{name}-py3-none-any.whl", "w") as wheel:
        for file in info.iterdir():
            wheel.write(file, f"{info.name}/{file.name}")
        wheel.writestr(f"{name.partition('-')[0]}.pth", str(pathlib.Path("src").resolve()))
    return f"{name}-py3-none-any.whl"
"""
MEMBER = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1.0"
dependencies = [{dependencies}]
"""


class Repository:
    """A small one, with one member and an empty lock, set up as the real one is."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.lock = folder / "requirements.lock"
        self.stamp = folder / ".venv" / ".stamp"
        (folder / "tools").mkdir(parents=True)
        for name in ("bootstrap.py", "environment.py"):
            shutil.copy(root / "tools" / name, folder / "tools")
        (folder / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["units/*"]\n')
        self.lock.write_text("# nothing\n")
        self.write_member("units/sample")

    def write_member(self, path: str, *dependencies: str) -> Path:
        member = self.folder / path
        (member / "src").mkdir(parents=True, exist_ok=True)
        (member / "backend.py").write_text(BACKEND)
        text = MEMBER.format(name=member.name, dependencies=", ".join(f'"{each}"' for each in dependencies))
        (member / "pyproject.toml").write_text(text)
        return member

    def set_up(self) -> tuple[int, str]:
        """Give exit code and what it said."""
        done = self._run((sys.executable, "tools/bootstrap.py"))
        return done.returncode, done.stderr

    def pip(self, *arguments: str) -> str:
        return self._run((str(self.folder / ".venv/bin/python"), "-m", "pip", *arguments)).stdout

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def repository(tmp_path: Path, root: Path) -> Repository:
    return Repository(tmp_path / "repository", root)


def test_it_is_made_once_and_brought_up_to_date_in_place(repository: Repository) -> None:
    code, said = repository.set_up()
    assert (code, said.splitlines()[-1]) == (0, "setup: done"), said
    assert "making .venv" in said
    assert "sample" in repository.pip("list", "--editable")

    assert repository.set_up() == (0, "")

    extra = repository.write_member("elsewhere/extra")
    repository.pip("install", "--no-build-isolation", "--no-deps", "--editable", str(extra))
    repository.write_member("units/second")
    code, said = repository.set_up()
    assert code == 0, said
    assert "making .venv" not in said
    assert "removing what requirements.lock does not name: extra" in said
    assert {"sample", "second"} <= set(repository.pip("list", "--editable").split())
    assert "extra" not in repository.pip("list").split()


def test_a_failed_install_shows_why_and_the_next_one_starts_anew(repository: Repository) -> None:
    repository.lock.write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")

    code, said = repository.set_up()

    assert code == 1
    assert "setup: installing requirements.lock failed:" in said
    assert "no-such-package" in said
    assert "Traceback" not in said
    assert not repository.stamp.exists()

    repository.lock.write_text("# nothing\n")
    (left := repository.folder / ".venv" / "half-installed").touch()
    assert repository.set_up()[0] == 0
    assert not left.exists()


def test_a_lock_that_fits_no_more_says_what_to_do(repository: Repository) -> None:
    repository.write_member("units/sample", "missing-package>=2")

    code, said = repository.set_up()

    assert code == 1
    assert "requirements.lock does not fit a pyproject.toml: run `make lock`" in said
    assert "missing-package" in said

    repository.write_member("units/sample")
    code, said = repository.set_up()
    assert code == 0
    assert "making .venv" not in said  # what is there was whole, only not enough


def test_an_environment_of_somebody_else_is_left_alone(repository: Repository, tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (repository.folder / ".venv").symlink_to(elsewhere)

    assert repository.set_up() == (0, "setup: .venv is a link: what it leads to is used as it is\n")
    assert list(elsewhere.iterdir()) == []
