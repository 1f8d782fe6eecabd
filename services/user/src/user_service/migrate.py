"""Bring the database up to date: ``python -m user_service.migrate``."""

from __future__ import annotations

import os
from pathlib import Path

from chassis.database.migrations import Migrations
from user_service.settings import NAME

MIGRATIONS = Migrations(NAME, Path(__file__).with_name("migrations"))

if __name__ == "__main__":
    MIGRATIONS.main(os.environ)
