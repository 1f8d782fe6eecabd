"""``python -m stack.jaeger``: finds or builds a Jaeger; exits with 1 if there is none and CI needs it."""

from __future__ import annotations

import os
import sys

from stack.jaeger.find import WITHOUT_JAEGER, find_jaeger
from telemetry import ConfigError


def main() -> None:
    """Find a Jaeger and report it."""
    try:
        found = find_jaeger(lambda text: _say(f"jaeger: {text}"))
    except ConfigError as error:
        _say(f"jaeger: {error}")
        sys.exit(2)
    if found is None:
        _say(WITHOUT_JAEGER)
        sys.exit(1 if os.environ.get("CI") else 0)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
