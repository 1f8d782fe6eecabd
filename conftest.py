"""Imports the packages whose names are also names of folders here, before pytest takes those folders for packages."""

from __future__ import annotations

import console  # noqa: F401
import gateway  # noqa: F401
import telemetry  # noqa: F401
