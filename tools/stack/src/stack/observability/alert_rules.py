"""Configuration with all its times shortened, so that a test of alerts need not wait for hours."""

from __future__ import annotations

import re
from pathlib import Path

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(?<![\w.])(\d+)([smhd])(?!\w)")  # 5m, and not the one in rate5m

Seconds = int


def shorten(text: str, factor: int, least: Seconds = 1) -> str:
    """Divide each duration in a text by a factor.

    Args:
        text: Configuration or rules, as Prometheus reads them.
        factor: How many times shorter they become.
        least: No duration becomes shorter than so many seconds.
    """

    def shorter(found: re.Match[str]) -> str:
        return f"{max(int(found[1]) * _SECONDS[found[2]] // factor, least)}s"

    return _DURATION.sub(shorter, text)


def write_shortened(source: Path, target: Path, factor: int) -> None:
    """Write the files of one folder to another, and those of the folder rules/ in it, shortened; others may read them.

    Args:
        source: A folder such as deploy/prometheus or deploy/alertmanager.
        target: A folder; it is made if it is not there.
        factor: See `shorten`.
    """
    for path in (*sorted(source.glob("*.yaml")), *sorted(source.glob("rules/*.yaml"))):
        written = target / path.relative_to(source)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(shorten(path.read_text(encoding="utf-8"), factor), encoding="utf-8")
        written.chmod(0o644)
        written.parent.chmod(0o755)
