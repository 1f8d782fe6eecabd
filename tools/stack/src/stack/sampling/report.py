"""The runs as the table in docs/explanation/sampling.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stack.sampling.run import Kind, Outcome
from stack.sampling.ways import SHARE, WATCHED, WATCHED_SHARE

BEGIN, END = "<!-- written by make sampling -->", "<!-- end -->"

_HEAD = (
    "way",
    "kept of failed",
    "of slow",
    "of the rest",
    "complete, of those kept",
    "orders, estimated",
    "spans sent per order",
    "spans stored per order",
    "CPU of the services per order",
    "CPU and memory of the collector",
)
_MEBI = 2**20


def table(outcomes: Sequence[Outcome], facts: str) -> str:
    """Write the table and what was run.

    Args:
        outcomes: Of every way; the first kept everything.
        facts: Of the machine.
    """
    whole = sizes(outcomes[0])
    orders = len(outcomes[0].placed)
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_row(outcome, whole) for outcome in outcomes)]
    said = f"{orders:,} orders per way; the failure catalogue makes 2 % fail and 2 % a second slower. {facts}"
    return "\n".join([f"| {' | '.join(row)} |" for row in rows] + ["", said])


def sizes(everything: Outcome) -> dict[Kind, int]:
    """Give how many spans a whole trace of each kind has: most of those of a run that kept everything."""
    found: dict[Kind, Counter[int]] = {kind: Counter() for kind in Kind}
    for order in everything.placed:
        found[order.kind][everything.spans.get(order.trace_id, 0)] += 1
    return {kind: counts.most_common(1)[0][0] for kind, counts in found.items() if counts}


def estimate(outcome: Outcome) -> float:
    """Give how many orders were placed, judging by what was kept, and by span metrics where these are made."""
    if outcome.counted is not None:
        return outcome.counted
    return sum(1 / _chance(outcome, order.tenant) for order in outcome.placed if order.trace_id in outcome.spans)


def put(document: str, text: str) -> str:
    """Put the table where it belongs in the document."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _chance(outcome: Outcome, tenant: str) -> float:
    if outcome.way.sampler == "rules":
        return WATCHED_SHARE if tenant == WATCHED else SHARE
    return 1.0 if outcome.way.share is None else outcome.way.share["gateway"]


def _row(outcome: Outcome, whole: Mapping[Kind, int]) -> tuple[str, ...]:
    orders = len(outcome.placed)
    kept = [order for order in outcome.placed if order.trace_id in outcome.spans]
    complete = sum(outcome.spans[order.trace_id] >= whole[order.kind] for order in kept)
    collector = (
        f"{outcome.collector_cpu * 1000 / orders:.2f} ms, {outcome.collector_memory / _MEBI:.0f} MiB"
        if outcome.collector_memory
        else "none"
    )
    guessed = estimate(outcome)
    return (
        f"**{outcome.way.name}**: {outcome.way.kept}",
        *(_share(outcome, kind) for kind in Kind),
        f"{complete / len(kept):.0%}" if kept else "none kept",
        f"{guessed:,.0f} ({guessed / orders - 1:+.1%})",
        f"{outcome.sent / orders:.2f}",
        f"{outcome.stored / orders:.2f}",
        f"{outcome.service_cpu * 1000 / orders:.1f} ms",
        collector,
    )


def _share(outcome: Outcome, kind: Kind) -> str:
    there = [order for order in outcome.placed if order.kind is kind]
    kept = sum(order.trace_id in outcome.spans for order in there)
    return f"{kept} of {len(there)}"
