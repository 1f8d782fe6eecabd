"""``python -m stack.bench_traces``: how long a trace test waits for its trace, against Jaeger.

Places orders one after the other, and measures from the answer until `complete()` gives the trace: with the barrier
that the test profile has, and without, as against services that have none. Exits with 1 when half of the waits with the
barrier are longer than 300 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal

import httpx
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stack.e2e.stacks import Shop
from stack.jaeger.find import find_jaeger
from stack.local import LocalStack
from stack.processes.program import ProcessError
from telemetry import ConfigError
from tracetest import BackendError, Jaeger, Target, TracedClient, TraceNotWhole, http_barrier

_TYPICAL_MS = 300.0
_APIS: tuple[Literal["v3", "legacy"], ...] = ("v3", "legacy")


def main(arguments: Sequence[str]) -> int:
    """Measure; give the exit code."""
    parser = argparse.ArgumentParser(prog="bench-traces", description=__doc__)
    parser.add_argument("--orders", type=int, default=30, help="of each kind (%(default)s)")
    given = parser.parse_args(arguments)
    screen = Console()
    table = Table("until complete() gives the trace, in ms", "orders", "p50", "p90", "slowest")
    typical = 0.0
    try:
        with _running(screen) as (stack, query_url), Progress(console=screen) as progress:
            for barrier, api in product((True, False), _APIS):
                what = f"API {api}, {'with the' if barrier else 'no'} barrier"
                orders = progress.track(range(given.orders), description=what)
                waits = asyncio.run(_waits(stack, Jaeger(query_url, api=api), orders, barrier=barrier))
                p50, p90 = (statistics.quantiles(waits, n=100, method="inclusive")[share - 1] for share in (50, 90))
                table.add_row(what, str(len(waits)), *(f"{each:.0f}" for each in (p50, p90, max(waits))))
                typical = max(typical, p50) if barrier else typical
    except (ConfigError, ProcessError, BackendError, TraceNotWhole, httpx.HTTPError) as error:
        sys.stderr.write(f"bench-traces: {error}\n")
        return 2
    screen.print(table)
    return int(typical > _TYPICAL_MS)


@contextmanager
def _running(screen: Console) -> Iterator[tuple[LocalStack, str]]:
    """Start Jaeger and the services; give these, and where Jaeger answers."""

    def say(text: str) -> None:
        screen.print(f"- {text}", style="dim", highlight=False)

    jaeger = find_jaeger(say)
    if jaeger is None:
        raise ConfigError("no Jaeger: name one in JAEGER, or start Docker, or install Go")
    with (
        jaeger,
        tempfile.TemporaryDirectory(prefix="throughline-") as folder,
        LocalStack(Path(folder), otlp_url=jaeger.otlp_url, test_profile=True, progress=say) as stack,
    ):
        yield stack, jaeger.query_url


async def _waits(stack: LocalStack, jaeger: Jaeger, orders: Iterable[int], *, barrier: bool) -> list[float]:
    """Place orders; give the milliseconds until the trace of each is whole."""
    waits = []
    flush = http_barrier(f"{stack.gateway_url}/-/flush") if barrier else None
    async with Target(base_url=stack.gateway_url).client() as http:
        http.headers["Authorization"] = f"Bearer {stack.token('acme', 'trace')}"
        client = TracedClient(http, jaeger, barrier=flush)
        shop = Shop(client)
        user_id = await shop.user()
        for _ in orders:
            (await shop.order(user_id)).answer(201)
            began = time.perf_counter()
            await client.complete()
            waits.append((time.perf_counter() - began) * 1000)
    return waits


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
