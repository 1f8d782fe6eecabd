"""What the user service keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class User:
    """A user of a tenant."""

    user_id: str
    email: str
    name: str
    create_time: datetime
