from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from stack.dev.messages import Messages

ROOT = Path("/repository")
DOMAIN = ROOT / "services/order/src/order_service/domain.py"


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=40)  # lines are longer


@pytest.fixture
def messages(screen: Console) -> Messages:
    return Messages(screen, ROOT)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_restart_is_one_line(messages: Messages, screen: Console) -> None:
    messages.restarted("order", 0.84, [DOMAIN])

    assert shown(screen) == "order restarted in 0.8 s: services/order/src/order_service/domain.py\n"


def test_of_many_files_three_are_named(messages: Messages, screen: Console) -> None:
    messages.restarted("order", 1.0, [ROOT / f"{name}.py" for name in "abcde"])

    assert shown(screen) == "order restarted in 1.0 s: a.py, b.py, c.py and 2 more\n"


def test_of_a_shared_file_all_programs_are_named(messages: Messages, screen: Console) -> None:
    messages.shared(ROOT / "faults/src/faults/flags.py", {"user", "order"})

    assert shown(screen) == "faults/src/faults/flags.py is loaded by order, user\n"


def test_a_syntax_error_is_a_block_below_what_is_not_restarted(messages: Messages, screen: Console) -> None:
    messages.invalid('  File "domain.py", line 2\n    [red]\nSyntaxError: invalid syntax', {"order"})

    assert shown(screen) == (
        'not restarted: order\n    File "domain.py", line 2\n      [red]\n  SyntaxError: invalid syntax\n'
    )


def test_of_code_that_fails_it_is_said_what_serves_meanwhile(messages: Messages, screen: Console) -> None:
    messages.failed("order", "ValueError: no", serving=True)
    messages.failed("order", "ValueError: no", serving=False)

    assert shown(screen) == (
        "order not restarted: the version before keeps serving; the next save tries again\n  ValueError: no\n"
        "order not restarted: it is down; the next save tries again\n  ValueError: no\n"
    )


def test_of_a_program_that_exited_the_last_output_is_shown(messages: Messages, screen: Console) -> None:
    messages.exited("order", "Killed")

    assert shown(screen) == "order exited; the next save starts it\n  Killed\n"


def test_what_is_watched_is_named(messages: Messages, screen: Console) -> None:
    messages.ready({"order": None, "gateway": None})
    messages.unused(ROOT / "tools/stack/src/stack/demo/demo.py")

    assert shown(screen) == (
        "Live reload is ready: save a file to restart gateway, order.\n"
        "tools/stack/src/stack/demo/demo.py: no program loads it\n"
    )
