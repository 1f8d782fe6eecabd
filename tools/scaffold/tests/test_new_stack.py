from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.cloning import Clone
from scaffold.errors import ScaffoldError
from scaffold.new_stack import Copy, new_stack
from scaffold.repository import git
from scaffold.template import answers_path, is_owned, read_answers, render
from stack.services import find_services


def quiet(_text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def clinic(read_only: Clone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the stack with other names."""
    folder = tmp_path_factory.mktemp("stacks") / "elsewhere"
    new_stack(read_only.root, folder, Copy("elsewhere", "care"), quiet)
    return folder


def test_it_is_a_repository_of_its_own_with_nothing_left_to_commit(clinic: Path) -> None:
    assert git(clinic, "status", "--porcelain") == ""
    assert git(clinic, "branch", "--show-current") == "main\n"


def test_nothing_has_the_old_names(clinic: Path) -> None:
    for words in (("-i", "-l", "throughline"), ("-w", "-l", "shop")):
        found = subprocess.run(("git", "grep", *words), cwd=clinic, capture_output=True, text=True, check=False)  # noqa: S603, S607  fixed words
        assert found.stdout == ""
    assert not list(clinic.rglob("*throughline*"))
    assert (clinic / "protos" / "care" / "user" / "v1" / "user.proto").exists()


def test_its_stubs_are_those_of_its_protos(clinic: Path) -> None:
    text = (clinic / "protos/src/care/user/v1/user_pb2.py").read_text()

    assert "care/user/v1/user.proto" in text
    assert {path.name for path in (clinic / "protos/src/care/order/v1").glob("*_pb2*")} == {
        *("order_pb2.py", "order_pb2.pyi", "order_pb2_grpc.py", "order_pb2_grpc.pyi")
    }


def test_it_is_formatted_as_its_names_need_it(clinic: Path) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (("format", "--check"), ("check", "--select=I")):
        done = subprocess.run((ruff, *command, "--no-cache"), cwd=clinic, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout


def test_its_services_are_what_its_own_template_gives(clinic: Path, tmp_path: Path) -> None:
    answers = read_answers(clinic, "user")
    assert git(clinic, "cat-file", "-t", str(answers["_commit"])) == "commit\n"

    render(clinic, answers, tmp_path)

    rendered = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    shared = [path for path in rendered if not is_owned(clinic, answers, path) and path != answers_path("user")]
    assert len(shared) >= 10
    assert [path for path in shared if (clinic / path).read_text() != (tmp_path / path).read_text()] == []
    assert {service.name for service in find_services(clinic)} >= {"user", "order"}


class TestNothingIsWritten:
    def test_over_what_is_there(self, read_only: Clone, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("somebody's")

        with pytest.raises(ScaffoldError, match=r"^DEST=.*: expected a folder that is not there, or is empty$"):
            new_stack(read_only.root, tmp_path, Copy("elsewhere", "care"), quiet)

    @pytest.mark.parametrize("name", ["", "x", "Clinic", "my-clinic", "1st", "import", "telemetry", "throughline"])
    def test_with_a_name_that_cannot_be(self, read_only: Clone, tmp_path: Path, name: str) -> None:
        with pytest.raises(ScaffoldError, match=r"^NAME="):
            new_stack(read_only.root, tmp_path / "new", Copy(name, "care"), quiet)

        assert list(tmp_path.iterdir()) == []

    def test_of_a_dirty_tree(self, clone: Clone, tmp_path: Path) -> None:
        (clone.root / "new.txt").write_text("new")

        with pytest.raises(ScaffoldError, match=r"^the working tree is dirty"):
            new_stack(clone.root, tmp_path / "new", Copy("elsewhere", "care"), quiet)

        assert not (tmp_path / "new").exists()

    def test_when_a_step_fails(self, read_only: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "prefix", str(tmp_path / "nowhere"))  # no programs that write stubs

        with pytest.raises(ScaffoldError, match=r"^tools/protos.sh failed"):
            new_stack(read_only.root, tmp_path / "new", Copy("elsewhere", "care"), quiet)

        assert list(tmp_path.iterdir()) == []
