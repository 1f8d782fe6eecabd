from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.jaeger.__main__ import main
from stack.jaeger.find import compose_image, find_jaeger
from stack.jaeger.programs import JaegerAddress, JaegerContainer, JaegerProgram
from stack.places import ROOT
from stack.ports import HOST, free_ports
from telemetry import ConfigError

FakeProgram = Callable[[str, str], Path]


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH, a cache and an environment with nothing in them."""
    for name in ("JAEGER", "JAEGER_OTLP", "CI"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def fake(bin_folder: Path) -> FakeProgram:
    """Puts a program on PATH that is a few lines of Python; `arguments` are its own."""

    def make(name: str, code: str) -> Path:
        path = bin_folder / name
        path.write_text(f"#!{sys.executable}\nimport os, sys\narguments = sys.argv[1:]\n{code}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def said() -> list[str]:
    return []


def test_an_address_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, bin_folder: Path) -> None:  # noqa: ARG001
    monkeypatch.setenv("JAEGER", "http://jaeger.example:16686/")

    found = find_jaeger(print)

    assert isinstance(found, JaegerAddress)
    assert (found.query_url, found.otlp_url) == ("http://jaeger.example:16686", "http://jaeger.example:4318")
    assert not found.is_ours


def test_where_spans_go_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAEGER", "http://127.0.0.1:16686")
    monkeypatch.setenv("JAEGER_OTLP", "http://127.0.0.1:24318/")

    found = find_jaeger(print)

    assert found is not None
    assert found.otlp_url == "http://127.0.0.1:24318"


def test_an_address_where_nobody_is_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("JAEGER", f"http://{HOST}:{port}")
    found = find_jaeger(print)
    assert found is not None

    with pytest.raises(ConfigError, match=f"JAEGER='http://{HOST}:{port}': nothing answers there"), found:
        pass


def test_a_program_that_is_not_there_says_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAEGER", "/no/such/jaeger")

    with pytest.raises(ConfigError, match="JAEGER='/no/such/jaeger': expected the address of a Jaeger, or the path"):
        find_jaeger(print)


def test_a_program_is_run_on_ports_of_its_own_and_again_after_it_was_killed(fake: FakeProgram) -> None:
    program = fake(
        "jaeger",
        """
import http.server, re
port = int(re.search(r'jaeger_query.*?http: .*?:(\\d+)', open(arguments[1].removeprefix('file:')).read(), re.S)[1])
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(('127.0.0.1', port), Answers).serve_forever()
""",
    )

    with JaegerProgram(program) as running:
        address = running.query_url
        running.kill()
        running.start()

        assert running.query_url == address


def test_a_program_that_does_not_start_shows_what_it_said(fake: FakeProgram) -> None:
    program = fake("jaeger", "sys.exit('cannot read the configuration')")

    with pytest.raises(RuntimeError, match="cannot read the configuration"), JaegerProgram(program):
        pass


def test_docker_comes_before_go(fake: FakeProgram, said: list[str]) -> None:
    fake("docker", "")
    fake("go", "sys.exit(1)")

    assert isinstance(find_jaeger(said.append), JaegerContainer)
    assert said == []


def test_a_docker_that_cannot_have_the_image_is_passed_over(fake: FakeProgram, said: list[str]) -> None:
    fake("docker", "sys.exit(arguments[0] in ('image', 'pull'))")

    assert find_jaeger(said.append) is None
    assert said == [
        f"pulling {compose_image('jaegertracing/jaeger')}",
        "it cannot be pulled: building Jaeger instead",
        "there is no Go to build it with",
    ]


def test_a_docker_that_does_not_run_is_passed_over(fake: FakeProgram, said: list[str]) -> None:
    fake("docker", "sys.exit(1)")

    assert find_jaeger(said.append) is None
    assert said == ["there is no Go to build it with"]


def test_the_container_is_published_on_loopback_and_removed(fake: FakeProgram, tmp_path: Path) -> None:
    record = tmp_path / "docker.log"
    fake(
        "docker",
        f"""
import http.server, re, signal
with open({str(record)!r}, 'a') as log:
    print(*arguments, file=log)
if arguments[0] == 'run':
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
    port = int(re.search(r'(\\d+):16686', ' '.join(arguments))[1])
    http.server.HTTPServer(('127.0.0.1', port), Answers).serve_forever()
""",
    )

    with JaegerContainer("jaeger:1") as running:
        query, otlp = running.query_url.rpartition(":")[2], running.otlp_url.rpartition(":")[2]

    run, kill = record.read_text().splitlines()
    name = kill.removeprefix("kill ")
    assert run == (f"run --rm --name={name} --publish=127.0.0.1:{query}:16686 --publish=127.0.0.1:{otlp}:4318 jaeger:1")


def test_go_builds_it_once_and_leaves_its_sources_alone(fake: FakeProgram, said: list[str]) -> None:
    fake(
        "go",
        "open('go.mod', 'a').write('// touched')\n"
        "open(arguments[arguments.index('-o') + 1], 'w').write(os.environ['GOFLAGS'] + os.environ['CGO_ENABLED'])",
    )
    module = ROOT / "tools" / "jaeger" / "go.mod"
    before = module.read_bytes()

    first, second = find_jaeger(said.append), find_jaeger(said.append)

    assert isinstance(first, JaegerProgram)
    assert isinstance(second, JaegerProgram)
    assert [line.partition(" ")[0] for line in said] == ["building", "built:"]
    assert Path(said[1].removeprefix("built: ")).read_text() == "-mod=mod0"
    assert module.read_bytes() == before


def test_a_build_that_fails_leaves_nothing_and_is_told(fake: FakeProgram, said: list[str], tmp_path: Path) -> None:
    fake("go", "sys.exit(1)")

    assert find_jaeger(said.append) is None
    assert "Go cannot build it" in said[-1]
    assert list((tmp_path / "cache" / "throughline").iterdir()) == []


def test_without_any_it_says_loudly_what_is_skipped(
    bin_folder: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert "NO JAEGER: the end-to-end trace tests are SKIPPED" in capsys.readouterr().err


def test_in_ci_that_is_a_failure(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("CI", "true")

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1


def test_its_version_is_that_of_compose() -> None:
    image = compose_image("jaegertracing/jaeger")

    assert image.startswith("jaegertracing/jaeger:")
    assert os.linesep not in image
