"""Run the service: ``python -m order_service``."""

from __future__ import annotations

import asyncio
import os
import sys

from order_service.server import run
from order_service.settings import NAME, Settings
from telemetry import ConfigError
from telemetry.logs import configure_logging


def main() -> None:
    """Serve with the settings of the environment; one that is wrong ends the program with one line."""
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(NAME, settings.log_level)
        asyncio.run(run(settings))
    except ConfigError as error:
        sys.exit(f"{NAME}: {error}")


if __name__ == "__main__":
    main()
