"""The ways to keep a part of the traces that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WATCHED = "acme"  # the tenant of whom the rules keep more
SHARE, WATCHED_SHARE = 0.1, 0.5
APART = {"gateway": 0.2, "order": 0.1, "user": 0.05}

_RULES = f"""\
[[rule]]
route = "/v1/orders*"
method = "POST"
tenant = "{WATCHED}"
ratio = {WATCHED_SHARE}

[default]
ratio = {SHARE}
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way.

    Attributes:
        name: In the table.
        kept: Which traces it keeps, in words.
        sampler: ``OTEL_TRACES_SAMPLER`` of the services.
        share: Of the traces that each program keeps; what it is told as ``OTEL_TRACES_SAMPLER_ARG``.
        in_collector: Whether the collector decides when a trace has ended, by deploy/collector/sampling.yaml.
    """

    name: str
    kept: str
    sampler: str = "parentbased_always_on"
    share: Mapping[str, float] | None = None
    in_collector: bool = False

    def settings(self, folder: Path) -> dict[str, dict[str, str]]:
        """Give the settings of each program; a file that they name is written to the folder."""
        argument = dict.fromkeys(APART, "")
        if self.share is not None:
            argument = {name: str(share) for name, share in self.share.items()}
        if self.sampler == "rules":
            path = folder / "sampling.toml"
            path.write_text(_RULES, encoding="ascii")
            argument = {name: str(path) for name in APART}
        return {
            name: {"OTEL_TRACES_SAMPLER": self.sampler} | ({"OTEL_TRACES_SAMPLER_ARG": text} if text else {})
            for name, text in argument.items()
        }


WAYS = (
    Way("everything", "all"),
    Way("head", f"{SHARE:.0%}, by chance, at the root", "parentbased_traceidratio", dict.fromkeys(APART, SHARE)),
    Way("rules", f"{WATCHED_SHARE:.0%} of {WATCHED}'s orders, {SHARE:.0%} of the rest, at the root", "rules"),
    Way(
        "consistent probability",
        ", ".join(f"{share:.0%} in {name}" for name, share in APART.items()) + ", by the trace id",
        "traceidratio",
        APART,
    ),
    Way(
        "tail",
        f"every failed and every slow one, {WATCHED_SHARE:.0%} of {WATCHED}'s, {SHARE:.0%} of the rest, at the end",
        in_collector=True,
    ),
)
