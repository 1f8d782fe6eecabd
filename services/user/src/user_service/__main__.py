"""Run the service: ``python -m user_service``."""

from __future__ import annotations

import asyncio
import os
import sys

from telemetry import ConfigError
from telemetry.logs.formatter import configure_logging
from user_service.server import run
from user_service.settings import NAME, Settings


def main() -> None:
    """Serve with the settings of the environment; one that is wrong is one line and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(NAME, settings.log_level)
        asyncio.run(run(settings))
    except ConfigError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
