from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.processes.program import ProcessError, Program, clean_environment, module, run_to_end

Make = Callable[..., Program]
Until = Callable[[Callable[[], bool]], None]
IsGone = Callable[[int], bool]

WAITS = "import signal\nready.touch()\nsignal.pause()\n"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS


def test_a_program_runs_until_it_is_asked_to_end(make_program: Make, is_gone: IsGone) -> None:
    program = make_program("import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n" + WAITS)
    program.start()
    program.wait_ready()
    pid = program.pid

    code, seconds = program.terminate()

    assert (code, is_gone(pid), program.is_running) == (3, True, False)
    assert seconds < 5


def test_a_program_that_does_not_listen_is_killed(make_program: Make) -> None:
    program = make_program(DEAF)
    program.start()
    program.wait_ready()

    code, seconds = program.terminate(within=0.1)

    assert code == -signal.SIGKILL
    assert seconds >= 0.1


def test_a_program_that_was_killed_starts_again(make_program: Make, tmp_path: Path) -> None:
    program = make_program("print('hello', flush=True)\n" + WAITS)
    for _ in range(2):
        program.start()
        program.wait_ready()
        program.kill()
        (tmp_path / "ready").unlink()

    assert program.log.read_text().count("hello") == 2  # the log goes on


def test_programs_trade_processes(make_program: Make, is_gone: IsGone) -> None:
    first, second = make_program(WAITS), make_program(WAITS)
    first.start()
    pid = first.pid
    second.start()

    first.swap(second)

    assert second.pid == pid
    second.kill()
    assert is_gone(pid)
    assert first.is_running


def test_the_first_start_begins_a_new_log(make_program: Make) -> None:
    program = make_program(WAITS)
    program.log.write_text("of an earlier run\n")

    program.start()

    assert "earlier" not in program.log.read_text()


def test_a_program_that_ends_too_soon_shows_its_last_words(make_program: Make) -> None:
    program = make_program("import sys\nprint(*range(50), sep='\\n')\nsys.exit('no such table')")
    program.start()

    with pytest.raises(ProcessError, match="no such table") as failure:
        program.wait_ready()

    first, *tail = str(failure.value).splitlines()
    assert first == "sample ended with exit code 1"
    assert tail[0] == "31"  # its last 20 lines


def test_a_program_that_is_not_ready_in_time_shows_its_last_words(make_program: Make, until: Until) -> None:
    program = make_program("import signal\nprint('waiting for godot', flush=True)\nsignal.pause()\n", ready_within=0.05)
    program.start()
    until(lambda: "godot" in program.tail())

    with pytest.raises(ProcessError, match=r"sample is not ready after 0\.05 s\nwaiting for godot"):
        program.wait_ready()


def test_another_programs_answer_is_not_taken_for_its_own(make_program: Make, tmp_path: Path, until: Until) -> None:
    program = make_program("raise SystemExit('the address cannot be bound')")
    (tmp_path / "ready").touch()
    program.start()
    until(lambda: not program.is_running)

    with pytest.raises(ProcessError, match="cannot be bound"):
        program.wait_ready()


def test_a_program_that_was_never_started_says_so(make_program: Make) -> None:
    program = make_program("")

    with pytest.raises(ProcessError, match="sample was not started"):
        program.check()
    program.stop()


def test_a_program_outlives_the_thread_that_started_it(make_program: Make, tmp_path: Path, until: Until) -> None:
    answers = "import signal\nsignal.signal(signal.SIGUSR1, lambda *_: ready.with_name('answer').touch())\n"
    program = make_program(f"{answers}ready.touch()\nwhile True: signal.pause()\n")
    thread = threading.Thread(target=program.start)
    thread.start()
    thread.join()
    program.wait_ready()

    os.kill(program.pid, signal.SIGUSR1)

    until((tmp_path / "answer").exists)


def test_nothing_is_left_when_the_starter_is_killed(tmp_path: Path, until: Until, is_gone: IsGone) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"from pathlib import Path\nready = Path({str(tmp_path / 'ready')!r})\n{WAITS}")
    starter = tmp_path / "starter.py"
    starter.write_text(f"""
import signal, sys
from pathlib import Path
import stack.processes.program
folder = Path({str(tmp_path)!r})
program = stack.processes.program.Program(
    "sample", (sys.executable, str(folder / "program.py")), {{}}, folder / "log", (folder / "ready").exists
)
program.start()
program.wait_ready()
print(program.pid, stack.processes.program._reaper()._process.pid, flush=True)
signal.pause()
""")
    command = (sys.executable, str(starter))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603  this interpreter
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()

    assert len(pids) == 2
    until(lambda: all(is_gone(pid) for pid in pids))


def test_what_a_shell_has_set_for_others_does_not_configure_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("OTEL_TRACES_SAMPLER", "JWT_KEY", "JWKS_URL", "DATABASE_URL", "LISTEN", "LOG_LEVEL", "STREAM_TIMEOUT")
    for name in (*ours, "FAULTS", "FAULT_FLAGS"):
        monkeypatch.setenv(name, "of the shell")
    monkeypatch.setenv("LANG", "C.UTF-8")

    environment = clean_environment({"LISTEN": "127.0.0.1:1"})

    assert "of the shell" not in environment.values()
    assert environment["LISTEN"] == "127.0.0.1:1"
    assert environment["LANG"] == "C.UTF-8"


def test_a_command_that_fails_shows_what_it_said() -> None:
    with pytest.raises(ProcessError, match=r"exit code 1\n.*No module named no_such_module"):
        run_to_end(module("no_such_module"), {})


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ProcessError, match=r"not done after 0\.1 s"):
        run_to_end((sys.executable, "-c", "import signal; signal.pause()"), {}, within=0.1)
