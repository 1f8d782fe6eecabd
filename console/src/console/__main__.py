"""``python -m console``: serves until it is told to stop, or does in the terminal what its arguments say."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace

from console.client import QueryError
from console.commands.arguments import parse
from console.commands.export import export
from console.commands.load import ImportFileError, load
from console.commands.show import show
from console.commands.tail import Wanted, tail
from console.commands.why import Asked, why
from console.server import serve
from console.settings import Settings
from console.why import StatisticsMissingError
from telemetry.settings.env import ConfigError, Env

_URL = "http://127.0.0.1:16686"
# Seconds. A thread that unpacks spans lets go of the interpreter after so long when another waits for it. An answer
# waits for it several times: with Python's own 5 ms a flood of spans makes it slow.
_SWITCH_INTERVAL = 0.0005
# New objects until those of the youngest generation are looked through, and how often until the next is. All that is
# held is in the oldest, has no cycles, and takes a quarter of a second to look through, in which nobody is answered.
_COLLECT_AFTER = (2_000, 20, 1_000)


def main() -> int:
    """Run the program; 0 when all went well, 1 when a trace is not there or something changed, 2 when it cannot be."""
    given = parse(sys.argv[1:], default_url=Env(os.environ).text("CONSOLE_URL", _URL))
    try:
        return _COMMANDS[given.command](given)
    except (ConfigError, QueryError, ImportFileError, StatisticsMissingError) as error:
        sys.stderr.write(f"console: {error}\n")
        return 2
    except BrokenPipeError:  # who read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _serve(given: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.set_threshold(*_COLLECT_AFTER)
    asyncio.run(serve(replace(settings, file=given.file or settings.file)))
    return 0


def _show(given: argparse.Namespace) -> int:
    return show(given.url, given.trace_id, as_json=given.json, out=sys.stdout, err=sys.stderr)


def _tail(given: argparse.Namespace) -> int:
    wanted = Wanted(logs=given.logs, service=given.service, errors=given.errors)
    with suppress(KeyboardInterrupt):
        asyncio.run(tail(given.url, wanted, as_json=given.json, out=sys.stdout))
    return 0


def _why(given: argparse.Namespace) -> int:
    asked = Asked(given.since, given.before, given.least, given.most)
    changed = why(given.url, asked, as_json=given.json, out=sys.stdout, err=sys.stderr)
    return int(changed and given.exit_code)


def _export(given: argparse.Namespace) -> int:
    export(given.url, given.trace_ids, out=sys.stdout, err=sys.stderr)
    return 0


def _import(given: argparse.Namespace) -> int:
    imported = load(given.url, given.files, err=sys.stderr)
    sys.stdout.write(f"{imported}\n")
    return 0


_COMMANDS = {"serve": _serve, "show": _show, "tail": _tail, "why": _why, "export": _export, "import": _import}

if __name__ == "__main__":
    sys.exit(main())
