"""``python -m stack.demo.console``: the console of a stack that runs here, with a page of scenarios."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping

from console.scenarios import Runner, Shop
from console.server import serve
from console.settings import Settings
from faults.catalogue import load
from faults.flags import FlagFile
from faults.settings import FaultSettings
from gateway.settings import TokenSettings
from gateway.token import make_token
from telemetry import ConfigError, Env


def main(environ: Mapping[str, str]) -> int:
    """Serve until told to stop; 0 when it was stopped, 2 when it could not start.

    Reads what the console does, and GATEWAY_URL, JWT_KEY (or _FILE), FAULTS and FAULT_FLAGS.
    """
    try:
        settings = Settings.from_env(environ)
        gateway_url = Env(environ).text("GATEWAY_URL", "http://127.0.0.1:8000")
        flags = _flags(environ)
        token = _token(TokenSettings.from_env(Env(environ)))
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        asyncio.run(_serve(settings, gateway_url, token, flags))
    except ConfigError as error:
        sys.stderr.write(f"console: {error}\n")
        return 2
    return 0


async def _serve(settings: Settings, gateway_url: str, token: Callable[[str], str], flags: FlagFile | None) -> None:
    async with Shop(gateway_url, token) as shop, Runner(shop, flags) as runner:
        await serve(settings, runner=runner)


def _token(settings: TokenSettings) -> Callable[[str], str]:
    """Make what signs for any tenant, with the scope that lets the trace of a request go on."""
    return lambda tenant: make_token(settings, tenant, subject="console", scope="trace")


def _flags(environ: Mapping[str, str]) -> FlagFile | None:
    faults = FaultSettings.from_env(environ)
    return None if faults is None else FlagFile(faults.flags, load().flags)


if __name__ == "__main__":
    sys.exit(main(os.environ))
