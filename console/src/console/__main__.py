"""``python -m console``: serves until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from console.server import serve
from console.settings import Settings
from telemetry.env import ConfigError


def main() -> int:
    """Run the program; 0 when it was stopped, 2 when it could not start."""
    try:
        settings = Settings.from_env(os.environ)
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        asyncio.run(serve(settings))
    except ConfigError as error:
        print(f"console: {error}", file=sys.stderr)  # noqa: T201  the one line that a person reads
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
