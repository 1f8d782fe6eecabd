"""``tracetest``: wrong files, wrong answers, what build servers read, and what a branch changes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tracetest import DocumentError
from tracetest.documents.junit import write_junit
from tracetest.documents.runner import Outcome, read_suite

SUITE: dict[str, Any] = {
    "target": {"url": "http://127.0.0.1:1", "headers": {"Authorization": "Bearer ${TOKEN}"}},
    "traces": {"url": "http://127.0.0.1:1"},
    "tests": [{"name": "cart", "request": {"path": "/cart"}, "status": 200, "expect": ["no_orphans"]}],
}


def tracetest(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  ours
        (sys.executable, "-m", "tracetest.cli", *arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": {}}, "target.url=None: expected a text"),
        ({"target": {"url": "http://a", "user": "b"}}, "target: user: expected url, headers, barrier"),
        ({"traces": {"url": "http://a", "api": "v2"}}, "traces.api='v2': expected one of v3, legacy"),
        ({"traces": {"url": "http://a", "signals_url": 7}}, "traces.signals_url=7: expected a text"),
        ({"traces": {"url": "http://a", "absent": "b"}}, "traces.absent='b': expected a list"),
        ({"tests": {}}, "tests={}: expected a list"),
        ({"tests": [{"request": {}}]}, "tests[0].name=None: expected a text"),
        ({"tests": [{"name": "a", "request": {}}]}, "tests[0].request.path=None: expected a text"),
        ({"tests": [{"name": "a", "request": {"path": "/", "method": "get"}}]}, "tests[0].request.method='get'"),
        (
            {"tests": [{"name": "a", "steps": [{"request": {"path": "/"}, "expects": []}]}]},
            "tests[0].steps[0]: expects",
        ),
        ({"tests": [{"name": "a", "request": {"path": "/"}, "expect": ["spans"]}]}, "tests[0].expect[0]: spans"),
        ({"more": 1}, "file: more: expected target, traces, tests"),
    ],
)
def test_a_file_that_nobody_understands_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_suite(SUITE | change)

    assert message in str(caught.value)


def test_the_program_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cart.yaml").write_text("tests: []\n")
    (tmp_path / "broken.yaml").write_text("tests: [")

    for file, message in (
        ("cart.yaml", "cart.yaml: target=None"),
        ("broken.yaml", "while"),
        ("none.yaml", "No such file"),
    ):
        done = tracetest("run", file, cwd=tmp_path)

        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.fixture
def shop() -> Iterator[str]:
    """Give the address of a service that knows one cart, and leaves no traces."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/cart": b'{"carts": [{"id": "c-1"}]}', "/text": b"no JSON"}.get(self.path, b"{}")
            self.send_response(200 if self.path in ("/cart", "/cart/c-1", "/text") else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def suite(shop: str, *tests: dict[str, Any]) -> str:
    return yaml.safe_dump({"target": {"url": shop}, "traces": {"url": shop, "within": 0.05}, "tests": list(tests)})


def test_steps_hand_on_what_was_answered_and_the_exit_code_tells_the_outcome(shop: str, tmp_path: Path) -> None:
    first = {"request": {"path": "/cart"}, "status": 200, "save": {"id": "carts.0.id"}}
    (tmp_path / "good.yaml").write_text(
        suite(shop, {"name": "reads its cart", "steps": [first, {"request": {"path": "/cart/${id}"}, "status": 200}]})
    )
    (tmp_path / "bad.yaml").write_text(
        suite(
            shop,
            {"name": "has no such page", "request": {"path": "/nowhere"}, "status": 200},
            {"name": "leaves no trace", "request": {"path": "/cart"}, "expect": ["no_orphans"]},
            {"name": "saves what is not there", **first, "save": {"id": "carts.1.id"}},
            {"name": "uses an unknown word", "request": {"path": "/${nothing}"}},
        )
    )

    good = tracetest("run", "good.yaml", cwd=tmp_path)
    bad = tracetest("run", "good.yaml", "bad.yaml", "--junit", "out/junit.xml", cwd=tmp_path)

    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed"), good.stderr
    assert (bad.returncode, bad.stdout.splitlines()[-1]) == (1, "1 passed, 4 failed"), bad.stderr
    assert "FAILED bad.yaml: has no such page" in bad.stdout
    for said in (
        "GET /nowhere: 404, expected 200",
        "missing: every span",
        "save id: there is no carts.1.id",
        "${nothing}: expected a value that was saved before",
    ):
        assert said in bad.stdout
    cases = ET.parse(tmp_path / "out/junit.xml").getroot().findall("./testsuite/testcase")  # noqa: S314  ours
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("reads its cart", False),
        ("has no such page", True),
        ("leaves no trace", True),
        ("saves what is not there", True),
        ("uses an unknown word", True),
    ]


def test_an_answer_or_an_address_that_is_none_fails_its_test_alone(shop: str, tmp_path: Path) -> None:
    traces = {"url": shop, "within": 0.05}
    tests = [
        {"name": "saves from no JSON", "request": {"path": "/text"}, "save": {"id": "carts.0.id"}},
        {"name": "goes nowhere", "request": {"path": "//[::1"}},
        {"name": "goes on", "request": {"path": "/cart"}, "status": 200},
    ]
    (tmp_path / "it.yaml").write_text(yaml.safe_dump({"target": {"url": shop}, "traces": traces, "tests": tests}))

    done = tracetest("run", "it.yaml", cwd=tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 passed, 2 failed"), done.stderr


def test_junit_is_xml_whatever_a_failure_says(tmp_path: Path) -> None:
    outcome = Outcome("cart", 0.5, "first <line>\n\x00\x1b[31m second & \ud800", ())

    write_junit(tmp_path / "junit.xml", [("carts", [outcome, Outcome("till", 0.5, skipped="there is none")])])

    (failure,) = ET.parse(tmp_path / "junit.xml").getroot().iter("failure")  # noqa: S314  ours
    assert failure.get("message") == "first <line>"
    assert "second &" in (failure.text or "")
    (suite,) = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314  ours
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    assert [each.get("message") for each in suite.iter("skipped")] == ["there is none"]


GOLDEN = "shop  GET /cart  SERVER\n  shop  SELECT carts  CLIENT\n"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)  # noqa: S603, S607  ours


def test_what_a_branch_changes_is_told_as_markdown(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "golden"
    folder.mkdir(parents=True)
    for name in ("cart", "same", "gone"):
        (folder / f"{name}.txt").write_text(GOLDEN)
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message=golden")
    unchanged = tracetest("diff", "--base", "main", cwd=tmp_path)
    git(tmp_path, "checkout", "-b", "branch")
    (folder / "cart.txt").write_text(GOLDEN.replace("CLIENT\n", "CLIENT  ×4\n"))  # noqa: RUF001  a multiplication sign
    (folder / "gone.txt").unlink()
    (folder / "new.txt").write_text(GOLDEN)

    done = tracetest("diff", "--base", "main", cwd=tmp_path)

    assert unchanged.stdout == "## Traces: no change\n"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "## Traces: 3 of 4 changed since `main`",
        "",
        "### cart",
        "",
        "- +3 SELECT carts under GET /cart: an N+1",
        "",
        "### gone",
        "",
        "The trace is gone.",
        "",
        "### new",
        "",
        "A new trace:",
        "",
        "```",
        *GOLDEN.splitlines(),
        "```",
    ]


def test_without_such_a_commit_it_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init")

    done = tracetest("diff", "--base", "nowhere", "--golden", ".", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("tracetest: git merge-base HEAD nowhere: fatal")
