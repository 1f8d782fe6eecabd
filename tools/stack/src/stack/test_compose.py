"""``python -m stack.test_compose [PYTEST-OPTION…]``: brings docker compose up, runs the tests on it, takes it away.

The end-to-end tests and the services' tests on PostgreSQL, in one run of pytest; then, in another, those of the profile
`observability`, which bring it up themselves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from stack.compose.project import ComposeError, ComposeStack, available
from stack.places import ROOT

# What the services' tests do on SQLite, `make test` has shown.
_TESTS = ("--stack=compose", "-k", "not sqlite", "tests", "services")
_NO_TESTS_COLLECTED = 5  # pytest's exit code
_OBSERVABILITY_TESTS = ("--stack=observability", "tests/observability")


def main(options: Sequence[str]) -> int:
    """Give pytest's exit code; 2 when the stack does not come up, after what its parts said."""
    if not available():
        _say("docker compose does not answer: expected a running Docker with its compose plugin")
        return 2
    return _test_default(options) or _pytest(_OBSERVABILITY_TESTS, options, {})


def _test_default(options: Sequence[str]) -> int:
    compose = ComposeStack()
    try:
        _say("building and starting everything: minutes the first time")
        compose.up()
        code = _pytest(_TESTS, options, compose.store_test_environment())
        if code not in (0, 2):  # 2 is Ctrl-C
            _say(compose.logs(tail=40))
    except ComposeError as error:
        _say(str(error))
        return 2
    finally:
        _say("taking everything away")
        compose.down()
    return code


def _pytest(tests: Sequence[str], options: Sequence[str], environment: Mapping[str, str]) -> int:
    command = (sys.executable, "-m", "pytest", *tests, *options)
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode  # noqa: S603  ours
    return 0 if options and code == _NO_TESTS_COLLECTED else code  # the other run has those that are meant


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
