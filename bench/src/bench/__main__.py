"""``python -m bench``: measures what tracing costs.

Exits with 1 when the run is void, with 2 when it could not be made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.environments import BrokenEnvironmentError, prepare, versions
from bench.launch import Bench, Launch, Plan, Receiver, WrongSpansError
from bench.places import BENCH, RUN, SOURCES, TELEMETRY, shown
from bench.processes import Child, ProcessError
from bench.report import Run, markdown, picture, terminal
from bench.summary import is_void, summarize
from bench.variants import BASE, OURS, OURS_ALL, OURS_SAMPLED, Variant, choose

FULL = Plan(rounds=10, requests=1500, warmup=300)
QUICK = Plan(rounds=2, requests=300, warmup=100)
_BUSY = 0.5
_PROFILED = (BASE, OURS, OURS_ALL, OURS_SAMPLED)
VOID, FAILED = 1, 2


def main(arguments: list[str]) -> int:
    """Run; give the exit code."""
    options = _parser().parse_args(arguments)
    try:
        variants = choose(tuple(name for name in options.only.split(",") if name))
        return asyncio.run(_run(options, variants))
    except (BrokenEnvironmentError, OSError, ProcessError, ValueError, WrongSpansError) as error:
        _say(f"failed: {error}")
        return FAILED


async def _run(options: argparse.Namespace, chosen: list[Variant]) -> int:
    began, started = datetime.now(UTC), time.monotonic()
    load = machine.load()
    if load > _BUSY:
        _say(f"the machine is busy (load {load:.1f}): the control will tell whether the figures can be trusted")
    left_out = {each.name: why for each in chosen if (why := each.missing()) is not None}
    variants = [each for each in chosen if each.name not in left_out]
    for name, why in left_out.items():
        _say(f"{name} is left out: {why}")
    pythons = {
        name: prepare(name) for name in dict.fromkeys(("opentelemetry", *(each.environment for each in variants)))
    }
    plan = _plan(options)
    launches, profiles = await _measure(pythons, plan, variants, options.other)
    run = Run(
        summaries=summarize(sorted(launches, key=lambda each: [one.name for one in variants].index(each.variant))),
        plan=plan,
        began=f"{began:%Y-%m-%d %H:%M} UTC",
        seconds=time.monotonic() - started,
        load=load,
        machine=machine.facts(),
        profiles=profiles,
        spans=await _spans(pythons["opentelemetry"]),
        versions={name: versions(python) for name, python in pythons.items()},
        left_out=left_out,
    )
    sys.stdout.write(f"\n{terminal(run)}\n")
    if is_void(run.summaries):
        return VOID
    _write(run, options.results or (RUN if options.quick or options.only else BENCH))
    return 0


async def _measure(
    pythons: dict[str, Path], plan: Plan, variants: list[Variant], other: Path
) -> tuple[list[Launch], dict[str, dict[str, float]]]:
    RUN.mkdir(parents=True, exist_ok=True)
    command = (str(pythons["opentelemetry"]), "-P", "-m", "bench.sink")
    launches: list[Launch] = []
    profiles: dict[str, dict[str, float]] = {}
    async with await Child.start("receiver", command, {"PYTHONPATH": str(SOURCES[0])}, RUN / "receiver.log") as child:
        _, http, grpc = (await child.line()).split()
        bench = Bench(pythons, Receiver(int(http), int(grpc)), plan, other)
        ends_at, longest = time.monotonic() + plan.minutes * 60, 0.0
        for number in range(1, plan.rounds + 1):
            began = time.monotonic()
            if began + longest > ends_at:
                _say(f"stopped after {number - 1} of {plan.rounds} rounds: {plan.minutes:g} minutes are over")
                break
            for variant in random.Random(number).sample(variants, len(variants)):  # noqa: S311  an order, no secret
                launches.append(await _launch(bench, variant, number))
                _progress(launches[-1], plan)
            longest = max(longest, time.monotonic() - began)
        for variant in (each for each in variants if each.name in _PROFILED):
            _say(f"profile of {variant.name}")
            try:
                profiles[variant.name] = await bench.profile(variant)
            except ProcessError as error:
                _say(f"{variant.name} has no profile: {error}")
    (RUN / "launches.jsonl").write_text("".join(f"{each.as_json()}\n" for each in launches), encoding="utf-8")
    return launches, profiles


async def _spans(python: Path) -> dict[str, tuple[float, float]]:
    """Measure one span, in a process of its own."""
    environment = {"PYTHONPATH": f"{SOURCES[0]}{os.pathsep}{TELEMETRY}"}
    command = (str(python), "-P", "-m", "bench.spans")
    async with await Child.start("spans", command, environment, RUN / "spans.log") as child:
        taken: dict[str, tuple[float, float]] = json.loads(await child.line())
        return taken


async def _launch(bench: Bench, variant: Variant, number: int) -> Launch:
    """Launch it, and once more when that went wrong: a run is too long to be lost by one slip of the machine."""
    try:
        return await bench.launch(variant, number)
    except (ProcessError, WrongSpansError) as error:
        _say(f"round {number}: {variant.name} is launched again: {error}")
    return await bench.launch(variant, number)


def _plan(options: argparse.Namespace) -> Plan:
    given = {name: value for name in ("rounds", "requests", "clients", "minutes") if (value := getattr(options, name))}
    return replace(QUICK if options.quick else FULL, **given)


def _progress(launch: Launch, plan: Plan) -> None:
    _say(
        f"round {launch.round}/{plan.rounds}  {launch.variant:<16} {launch.cpu_of_request * 1e6:6.0f} µs CPU a request"
        f"  {launch.requests / launch.seconds:5.0f}/s  p50 {launch.p50 * 1e3:5.1f} ms  p99 {launch.p99 * 1e3:5.1f} ms"
        f"  {launch.counts.spans} spans"
    )


def _write(run: Run, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("RESULTS.md", markdown(run)), ("results.svg", picture(run))):
        (folder / name).write_text(text, encoding="utf-8")
        _say(f"written: {shown(folder / name)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a short run, to see that it works; its figures mean little"
    )
    parser.add_argument("--only", default="", metavar="NAMES", help="these variants, by name, and the untraced ones")
    parser.add_argument("--rounds", type=int, help=f"launches of each variant ({FULL.rounds})")
    parser.add_argument("--requests", type=int, help=f"requests of a launch ({FULL.requests})")
    parser.add_argument("--clients", type=int, help=f"requests at a time ({FULL.clients})")
    parser.add_argument("--minutes", type=float, help=f"no round begins that would end later ({FULL.minutes:g})")
    parser.add_argument(
        "--results", type=Path, help="the folder for RESULTS.md; bench/ for a full run, else .run/bench"
    )
    parser.add_argument(
        "--other", type=Path, default=TELEMETRY, help="sources of a telemetry package for the variant 'other'"
    )
    return parser


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
