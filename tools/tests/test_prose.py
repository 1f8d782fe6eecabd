from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

WORDINGS = {"in vain": "say what fails", "whom": "name the user"}


@pytest.fixture
def prose(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("prose")


@pytest.fixture
def find(prose: ModuleType) -> Callable[[str, str], list[str]]:
    def found(path: str, text: str) -> list[str]:
        return [str(finding) for finding in prose.find(path, text, WORDINGS)]

    return found


def test_a_wording_is_found_with_its_line_and_what_to_write(find: Callable[[str, str], list[str]]) -> None:
    assert find("page.md", "It waits.\nIt asks In Vain.\n") == ["page.md:2: 'In Vain': say what fails"]


def test_a_wording_may_be_broken_by_a_line(find: Callable[[str, str], list[str]]) -> None:
    assert find("page.md", "It asks in\nvain.\n") == ["page.md:1: 'in vain': say what fails"]
    assert find("code.py", "# It asks in\n# vain.\n") == ["code.py:1: 'in vain': say what fails"]


def test_words_that_contain_it_are_not_found(find: Callable[[str, str], list[str]]) -> None:
    assert find("page.md", "Inside a main vainglory\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "`whom`\n",
        "a\n```py\nwhom\n```\n",
        "[a page](whom.md)\n",
        "https://example.com/whom\n",
    ],
)
def test_code_and_addresses_in_markdown_are_no_prose(find: Callable[[str, str], list[str]], text: str) -> None:
    assert find("page.md", text) == []


def test_a_line_behind_code_is_counted_right(find: Callable[[str, str], list[str]]) -> None:
    assert find("page.md", "```\na\nb\n```\nwhom\n") == ["page.md:5: 'whom': name the user"]


def test_of_python_comments_docstrings_and_messages_are_read_and_names_are_not(
    find: Callable[[str, str], list[str]],
) -> None:
    code = '''\
"""For whom."""
whom = 1  # for whom
raise ValueError(f"{whom}: to whom")
"""
Text
for whom.
"""
'''

    assert [finding.split(": ")[0] for finding in find("code.py", code)][:2] == ["code.py:1", "code.py:2"]
    assert find("code.py", code)[-1] == "code.py:6: 'whom': name the user"
    assert find("code.py", "whom = 1\n") == []


def test_expressions_of_a_template_are_no_prose(find: Callable[[str, str], list[str]]) -> None:
    assert find("page.html", "<p title='whom'>{{ whom }}{% if whom %}\n") == ["page.html:1: 'whom': name the user"]


def test_the_files_that_git_tracks_are_read_without_pictures_locks_and_stubs(prose: ModuleType, tmp_path: Path) -> None:
    for name, content in {
        "a.md": b"a",
        "b.png": b"\xff",
        "c.lock": b"c",
        "d_pb2.py": b"d",
        "untracked.md": b"u",
    }.items():
        (tmp_path / name).write_bytes(content)
    subprocess.run(("git", "init", "--quiet"), cwd=tmp_path, check=True)  # noqa: S607  ours
    subprocess.run(("git", "add", "a.md", "b.png", "c.lock", "d_pb2.py"), cwd=tmp_path, check=True)  # noqa: S607  ours

    assert list(prose.tracked(["."], tmp_path)) == [("a.md", "a")]


def test_it_fails_for_a_path_with_a_finding_and_says_where(
    prose: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prose, "tracked", lambda paths: [(paths[0], "It asks in vain.\n")])

    assert prose.main(["page.md"]) == 1
    assert capsys.readouterr().err == "prose: page.md:1: 'in vain': say what fails\n"


def test_every_wording_is_a_pattern_with_advice(prose: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert prose.main(["LICENSE"]) == 0
    assert capsys.readouterr().err == ""
