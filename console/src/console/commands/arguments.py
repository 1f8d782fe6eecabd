"""What can be said on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from console.jaeger.params import ParameterError, go_duration

_DESCRIPTION = "A store and viewer of traces, logs and metrics. Without a command it serves, see `serve --help`."
_SERVE = "serve until it is told to stop; the environment says the rest: LISTEN, OTLP_GRPC_LISTEN, MAX_MEMORY_MIB, …"
_WHY = "Compares the latest traces of a console or a Jaeger with those before them, and says what is different."
_MOST = 100_000


def parse(arguments: Sequence[str], *, default_url: str) -> argparse.Namespace:
    """Read the command line; print what is wrong with it, and exit with 2, if anything is.

    Args:
        arguments: without the program's name.
        default_url: of the console, or Jaeger, that the commands talk to.

    Returns:
        ``command`` (serve, show, tail, why, export or import) and what belongs to it.
    """
    parser = argparse.ArgumentParser(prog="console", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve, the default", description=_SERVE)
    serve.add_argument("--file", type=Path, help="keep what comes in this file, so that it survives a restart")

    client = argparse.ArgumentParser(add_help=False)
    client.add_argument("--url", default=default_url, help="where it is: CONSOLE_URL, or %(default)s")

    show = commands.add_parser("show", parents=[client], help="draw a trace, of a console or of a Jaeger")
    show.add_argument("trace_id", metavar="ID", help="up to 32 hex digits")
    show.add_argument("--json", action="store_true", help="write OTLP's JSON instead")

    tail = commands.add_parser("tail", parents=[client], help="follow what comes")
    tail.add_argument("--logs", action="store_true", help="log records instead of traces")
    tail.add_argument("--service", default="", help="of this service alone")
    tail.add_argument("--errors", action="store_true", help="what failed alone")
    tail.add_argument("--json", action="store_true", help="write a JSON object a line")

    why = commands.add_parser("why", parents=[client], help="say what changed", description=_WHY)
    why.add_argument("--since", type=_duration, default="5m", help="how long ago it began: 90s, 5m, 1h (%(default)s)")
    why.add_argument("--before", type=_duration, help="how long before that is usual (three times as long)")
    why.add_argument(
        "--least", type=_duration, default="10ms", help="what got slower by less is not told (%(default)s)"
    )
    why.add_argument("--most", type=_count, default=1_000, help="read so many traces of each (%(default)s)")
    why.add_argument("--json", action="store_true", help="write a JSON object instead")
    why.add_argument("--exit-code", action="store_true", help="exit with 1 when something changed")

    save = commands.add_parser(
        "export",
        parents=[client],
        help="write what a console holds, or some traces, as OTLP's JSON, one document a line",
    )
    save.add_argument("trace_ids", metavar="ID", nargs="*", help="of a trace; without one, all that is held")

    load = commands.add_parser(
        "import", parents=[client], help="send files with OTLP's JSON, as `export` and `show --json` write"
    )
    load.add_argument("files", metavar="FILE", type=Path, nargs="+", help="a document, or one a line")

    is_serve = not arguments or arguments[0].startswith("--file")
    return parser.parse_args(["serve", *arguments] if is_serve else arguments)


def _duration(text: str) -> int:
    """Read a duration of more than nothing; give nanoseconds."""
    try:
        nanoseconds = go_duration(text)
    except ParameterError:
        nanoseconds = 0
    if nanoseconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a duration such as 90s, 5m or 1h")
    return nanoseconds


def _count(text: str) -> int:
    """Read how many."""
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1 to {_MOST}")
    return number
