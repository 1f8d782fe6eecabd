"""What a service is told of faults by its environment: nothing, unless FAULTS=1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from telemetry import ConfigError, Env


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSettings:
    """That faults may be switched on.

    Attributes:
        flags: The file that says which are, see `faults.flags`.
    """

    flags: Path

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> FaultSettings | None:
        """Read FAULTS and FAULT_FLAGS; None where faults are not allowed, and then no code of theirs is wired.

        Raises:
            ConfigError: A value is wrong, or one of the two is given without the other.
        """
        env = Env(environ)
        allowed, flags = env.flag("FAULTS", default=False), env.get("FAULT_FLAGS")
        if allowed and flags is None:
            raise ConfigError("FAULT_FLAGS is not set: with FAULTS=1, expected the name of a file of flags")
        if flags is not None and not allowed:
            raise ConfigError(f"FAULT_FLAGS={flags!r} without FAULTS=1: expected both, or neither")
        return cls(flags=Path(flags)) if allowed and flags is not None else None
