"""A stack without the example services: what is left stands by itself, and takes its first service."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from scaffold.cloning import Clone
from scaffold.errors import ScaffoldError
from scaffold.examples import Examples
from scaffold.new_stack import Copy, new_stack
from scaffold.repository import git
from stack.jaeger.build import build_jaeger
from stack.places import ROOT
from stack.services import Service, find_services

pytestmark = pytest.mark.timeout(600)  # a busy machine; each command is one of many

RULES = """
remove: [b.py, "docs/"]
cut: {a.py: [["begin", "end"]]}
put: {a.py: [["old", "new"]]}
"""


def rules(root: Path, text: str = RULES) -> Examples:
    folder = root / "templates" / "stack"
    (folder / "without-examples").mkdir(parents=True)
    (folder / "without-examples.yaml").write_text(text)
    (folder / "without-examples" / "c.py.txt").write_text("another\n")
    return Examples.read(root)


@pytest.fixture(scope="module")
def bare(read_only: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a copy of the stack without the examples, with an environment."""
    folder = tmp_path_factory.mktemp("stacks") / "clinic"
    new_stack(read_only.root, folder, Copy("clinic", "care", examples=False), lambda _text: None)
    return Clone(folder)


def test_what_goes_goes_and_what_stays_loses_what_belongs_to_it(tmp_path: Path) -> None:
    texts = {"a.py": "1 begin 2 end old\n", "b.py": "", "docs/page.md": "", "c.py": "", "picture.png": None}

    left = rules(tmp_path).left(texts)

    assert left == {"a.py": "1 end new\n", "c.py": "another\n", "picture.png": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 end old\n", "a.py has 'begin' 0 times: expected it once"),
        ("begin begin end old\n", "a.py has 'begin' 2 times: expected it once"),
        ("end begin old\n", "a.py has no 'end' behind 'begin'"),
        ("begin old end\n", "a.py has 'old' 0 times: expected it once"),
        (None, "a.py is not there, or goes: expected a file that stays"),
    ],
)
def test_a_rule_that_finds_nothing_any_more_is_an_error(tmp_path: Path, text: str | None, said: str) -> None:
    texts = {} if text is None else {"a.py": text}

    with pytest.raises(ScaffoldError, match=re.escape(said)):
        rules(tmp_path).left(texts)


def test_every_pattern_of_the_rules_is_of_something(read_only: Clone) -> None:
    tracked = git(read_only.root, "ls-files").splitlines()
    removed = Examples.read(ROOT).removed

    assert [pattern.pattern for pattern in removed.patterns if not any(map(pattern.match_file, tracked))] == []


def test_no_example_is_left_behind(bare: Clone) -> None:
    assert find_services(bare.root) == ()
    services = yaml.safe_load((bare.root / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert services.keys().isdisjoint({"user", "order", "user-migrate", "order-migrate"})
    words = "user_service|order_service|UserService|OrderService|USER_SERVICE|ORDER_SERVICE"
    folders = ("gateway", "tools/stack/src", "tests", "*.toml", "*.yml", "*.lock")
    assert bare.run("git", "grep", "-lE", words, "--", *folders).stdout == ""
    assert bare.status() == ""


def test_it_takes_its_first_service_and_its_tests_pass(bare: Clone) -> None:
    jaeger = os.environ.get("JAEGER") or str(build_jaeger(lambda _text: None) or "")
    if not jaeger:
        pytest.skip("there is no Jaeger: set JAEGER, or install Go")
    bare.make_environment()
    bare.stamp()
    done = bare.python("-m", "scaffold.new_service", NAME="patient", ROUTE="yes")
    assert (done.returncode, done.stderr) == (0, "")
    bare.install_members()
    assert find_services(bare.root) == (Service("patient", 50051, (), "patients"),)

    for command in (("check",), ("format", "--check")):
        done = bare.run(".venv/bin/ruff", *command)
        assert done.returncode == 0, done.stdout
    done = bare.python("-c", "from importlinter.cli import lint_imports_command as run; run()")
    assert ", 0 broken." in done.stdout, done.stdout
    tests = ("services", "gateway", "faults", "tools", "tests/test_edge.py", "tests/test_patients.py")
    alone = ("-p", "no:cacheprovider", "-p", "no:throughline-trace")  # the plugin of this repository is there, too
    done = bare.python("-m", "pytest", "--quiet", *alone, *tests, JAEGER=jaeger)
    assert done.returncode == 0, done.stdout[-4000:]
