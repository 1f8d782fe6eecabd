"""``python -m stack.test_compose [PYTEST-OPTION…]``: brings docker compose up, runs the tests on it, takes it away.

The end-to-end tests and the services' tests on PostgreSQL, in one run of pytest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from stack.compose import ComposeError, ComposeStack, available
from stack.places import ROOT

# What the services' tests do on SQLite, `make test` has shown.
_TESTS = ("--stack=compose", "-k", "not sqlite", "tests", "services")


def main(options: Sequence[str]) -> int:
    """Give pytest's exit code; 2 when the stack does not come up, after what its parts said."""
    if not available():
        _say("docker compose does not answer: expected a running Docker with its compose plugin")
        return 2
    compose = ComposeStack()
    try:
        _say("building and starting everything: minutes the first time")
        compose.up()
        code = _run_tests(compose, options)
        if code not in (0, 2):  # 2 is Ctrl-C
            _say(compose.logs(tail=40))
    except ComposeError as error:
        _say(str(error))
        return 2
    finally:
        _say("taking everything away")
        compose.down()
    return code


def _run_tests(compose: ComposeStack, options: Sequence[str]) -> int:
    environment = os.environ | compose.store_test_environment()
    command = (sys.executable, "-m", "pytest", *_TESTS, *options)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603  ours


def _say(text: str) -> None:
    sys.stderr.write(f"test-compose: {text}\n")


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what it puts in the background with SIGINT ignored
        signal.signal(number, _on_signal)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
