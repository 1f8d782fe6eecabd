from __future__ import annotations

from pathlib import Path

import pytest

from scaffold.cloning import Clone
from scaffold.errors import ScaffoldError
from scaffold.repository import git
from scaffold.sync_service import sync_service

DOCKERFILE = Path("services/user/Dockerfile")
TEMPLATE = Path("templates/service/services/{{ name }}/Dockerfile.jinja")


def change(clone: Clone, path: Path, before: str, after: str) -> None:
    text = (clone.root / path).read_text()
    assert before in text
    (clone.root / path).write_text(text.replace(before, after))


def test_a_service_that_is_up_to_date_stays_as_it_is_but_for_the_commit_that_it_names(clone: Clone) -> None:
    synced = sync_service(clone.root, "order")

    assert (synced.conflicts, synced.drift) == ((), ())
    assert {line[3:] for line in clone.status().splitlines()} <= {"services/order/.copier-answers.yml"}


def test_what_the_template_has_become_comes_in_and_what_drifted_is_shown(clone: Clone) -> None:
    change(clone, TEMPLATE, "WORKDIR /\n", "WORKDIR /\nSTOPSIGNAL SIGTERM\n")
    change(clone, DOCKERFILE, "USER 10001:10001", "USER 10002:10002")
    clone.commit("a later template, and a service that goes its own way")

    synced = sync_service(clone.root, "user")

    assert (clone.root / DOCKERFILE).read_text().count("STOPSIGNAL SIGTERM") == 1
    assert "USER 10002:10002" in (clone.root / DOCKERFILE).read_text()
    assert DOCKERFILE in synced.changed
    assert synced.conflicts == ()
    assert {line.strip() for line in synced.drift if line[0] in "+-"} >= {"-USER 10001:10001", "+USER 10002:10002"}
    assert not any("STOPSIGNAL" in line for line in synced.drift if line[0] in "+-")


def test_what_is_the_services_own_is_left_alone(clone: Clone) -> None:
    own = Path("services/user/src/user_service/domain.py")
    change(
        clone,
        Path(f"templates/service/{str(own).replace('user', '{{ name }}')}.jinja"),
        "MAX_NAME = 200",
        "MAX_NAME = 100",
    )
    clone.commit("a later template")
    before = (clone.root / own).read_text()

    sync_service(clone.root, "user")

    assert (clone.root / own).read_text() == before


def test_a_conflict_is_marked_where_it_is(clone: Clone) -> None:
    change(clone, TEMPLATE, "USER 10001:10001", "USER 10003:10003")
    change(clone, DOCKERFILE, "USER 10001:10001", "USER 10002:10002")
    clone.commit("both")

    synced = sync_service(clone.root, "user")

    assert synced.conflicts == (DOCKERFILE,)
    text = (clone.root / DOCKERFILE).read_text()
    assert "<<<<<<< before updating" in text
    assert "USER 10002:10002" in text
    assert "USER 10003:10003" in text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("", "NAME is not given: expected a service, as in NAME=user"),
        ("nobody", "NAME='nobody': expected a service of the template, with services/nobody/.copier-answers.yml"),
    ],
)
def test_a_service_that_is_none_is_one_line(clone: Clone, name: str, line: str) -> None:
    with pytest.raises(ScaffoldError) as refused:
        sync_service(clone.root, name)

    assert str(refused.value) == line


def test_a_dirty_tree_is_left_as_it_is(clone: Clone) -> None:
    (clone.root / "README.md").write_text("changed")

    with pytest.raises(ScaffoldError, match=r"^the working tree is dirty"):
        sync_service(clone.root, "user")

    assert git(clone.root, "status", "--porcelain") == " M README.md\n"
