"""``python -m gateway``: the environment is read here and nowhere else."""

from __future__ import annotations

import asyncio
import os
import sys

from gateway.server import serve
from gateway.settings import Settings
from telemetry import ConfigError
from telemetry.logs.formatter import configure_logging


def main() -> None:
    """Serve until asked to stop; a wrong setting is one line and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
        configure_logging("gateway", settings.log_level)
        asyncio.run(serve(settings))
    except ConfigError as error:
        sys.stderr.write(f"gateway: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
