"""``python -m faults``: tells which failures there are, and switches them on and off."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from faults.catalogue import load
from faults.flags import Audience, FlagFile
from telemetry import ConfigError

_DEFAULT = ".run/faults/flags.json"


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what the arguments say; give the exit code, 2 for what is wrong in them."""
    given = _parser(environ).parse_args(arguments)
    try:
        if given.command == "list":
            for fault in load():
                sys.stdout.write(f"{fault.id:<18} {fault.title}: {fault.does}\n")
            return 0
        flags = FlagFile(given.flags, load().flags)
        if given.command == "on":
            audience = Audience(share=given.share, tenant=given.tenant, instance=given.instance)
            flags.switch(dict.fromkeys(given.fault, audience))
        else:
            flags.clear()
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"faults: {error}\n")
        return 2
    return 0


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faults", description="Failures of services that run with FAULTS=1.")
    parser.add_argument(
        "--flags",
        type=Path,
        default=Path(environ.get("FAULT_FLAGS") or _DEFAULT),
        help=f"the file that the services read: by default FAULT_FLAGS, or {_DEFAULT}",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="tell which failures there are")
    commands.add_parser("off", help="switch all failures off")
    on = commands.add_parser("on", help="switch these failures on, and all others off")
    on.add_argument("fault", nargs="+", metavar="FAULT", help="the id of a failure, see list")
    on.add_argument("--tenant", help="for this tenant alone")
    on.add_argument("--instance", help="for what this instance serves alone, by its service.instance.id")
    on.add_argument("--share", type=float, default=1.0, help="for this share of the traces, 0 to 1")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
