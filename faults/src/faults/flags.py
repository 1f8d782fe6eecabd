"""The file of flags that says which faults are on, and for whom (https://flagd.dev/reference/flag-definitions/)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from telemetry import ConfigError
from telemetry.settings.checks import between

ON, OFF = "on", "off"

_VARIANTS = {ON: True, OFF: False}
_PARTS = 10_000  # a share is told in hundredths of a percent
_READABLE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a fault meets: all by default.

    Attributes:
        share: Of the traces, 0 to 1; within one trace every service decides alike.
        tenant: This tenant's calls alone.
        instance: The calls that this instance serves alone, by its ``service.instance.id``.
    """

    share: float = 1.0
    tenant: str | None = None
    instance: str | None = None

    def __post_init__(self) -> None:
        between("share", self.share, 0.0, 1.0)

    def targeting(self) -> dict[str, Any]:
        """Give flagd's rule that yields the variant; empty for everybody."""
        met: object = ON
        if self.share < 1:
            parts = round(self.share * _PARTS)
            met = {"fractional": [[ON, parts], [OFF, _PARTS - parts]]}
        conditions = [
            {"==": [{"var": name}, wanted]}
            for name, wanted in (("tenant", self.tenant), ("instance", self.instance))
            if wanted is not None
        ]
        if conditions:
            return {"if": [{"and": conditions}, met, OFF]}
        return met if isinstance(met, dict) else {}


EVERYBODY = Audience()


class FlagFile:
    """Switches faults on and off for all services that read this file; each has it with its next call.

    Args:
        path: The file. Its folder is what containers mount: the file is replaced whole with each change.
        known: The ids of the faults that have a flag, see `Catalogue.flags`.
    """

    def __init__(self, path: Path, known: Iterable[str]) -> None:
        self.path = path
        self._known = tuple(known)

    def switch(self, on: Mapping[str, Audience]) -> None:
        """Switch these faults on and all others off; raise ConfigError for one that has no flag."""
        for unknown in sorted(set(on) - set(self._known)):
            raise ConfigError(f"flag={unknown!r}: expected one of {', '.join(self._known)}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = {fault_id: _flag(on.get(fault_id)) for fault_id in self._known}
        with NamedTemporaryFile("w", encoding="utf-8", dir=self.path.parent, suffix=".new", delete=False) as file:
            json.dump({"flags": flags}, file, indent=2)
            file.write("\n")
        new = Path(file.name)
        new.chmod(_READABLE)  # the services may run as other users
        os.replace(new, self.path)  # noqa: PTH105  reads as the system call: at once, or not at all

    def clear(self) -> None:
        """Switch all faults off."""
        self.switch({})


def _flag(audience: Audience | None) -> dict[str, Any]:
    flag: dict[str, Any] = {
        "state": "ENABLED",
        "variants": _VARIANTS,
        "defaultVariant": OFF if audience is None else ON,
    }
    if audience is not None and (targeting := audience.targeting()):
        flag["targeting"] = targeting
    return flag
