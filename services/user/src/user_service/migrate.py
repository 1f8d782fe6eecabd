"""Bring the database up to date: ``python -m user_service.migrate``.

On PostgreSQL the tables belong to the role that runs this, and the service uses another one, ``APP_ROLE``, which gets
the rights that it needs, and which row-level security binds.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from telemetry import ConfigError, Env
from user_service.settings import NAME, database_url_from

APP_ROLE = "user_app"

_MIGRATIONS = Path(__file__).with_name("migrations")
_CONNECT_SECONDS = 10.0
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
_IS_BOUND = text("SELECT NOT (rolsuper OR rolbypassrls OR rolname = current_user) FROM pg_roles WHERE rolname = :role")


def migrate(url: URL, app_role: str = APP_ROLE) -> None:
    """Run the migrations that the database has not seen yet, all in one transaction; others who do so wait.

    Not for code that runs in an event loop.

    Raises:
        ConfigError: The role is not one that the service may run as.
        sqlalchemy.exc.DBAPIError, OSError: The database cannot be reached, or refuses.
    """
    if not _IDENTIFIER.fullmatch(app_role):
        raise ConfigError(f"APP_ROLE={app_role!r}: expected a role's name of 1 to 63 of a-z, 0-9 and '_'")
    if url.get_backend_name() == "sqlite":
        _migrate_sqlite(url, app_role)
    else:
        asyncio.run(_migrate_postgresql(url, app_role))


def _migrate_sqlite(url: URL, app_role: str) -> None:
    # Lock the file first: left alone, the driver changes tables outside of any transaction.
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        _upgrade(connection, app_role)


async def _migrate_postgresql(url: URL, app_role: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": _CONNECT_SECONDS})
    async with engine.begin() as connection:
        await connection.execute(_LOCK, {"name": __name__})
        await _check_role(connection, app_role)
        await connection.run_sync(_upgrade, app_role)


async def _check_role(connection: AsyncConnection, role: str) -> None:
    bound = (await connection.execute(_IS_BOUND, {"role": role})).scalar()
    if bound is None:
        raise ConfigError(f"APP_ROLE={role!r}: there is no such role: expected one that can log in")
    if not bound:
        raise ConfigError(f"APP_ROLE={role!r}: expected a role that row-level security binds: no owner, no superuser")


def _upgrade(connection: Connection, app_role: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes.update(connection=connection, app_role=app_role)
    command.upgrade(config, "head")


def main(environ: Mapping[str, str]) -> None:
    """Migrate with the settings of the environment; what goes wrong ends the program with one line."""
    env = Env(environ)
    try:
        migrate(database_url_from(env), env.text("APP_ROLE", APP_ROLE))
    except ConfigError as error:
        sys.exit(f"{NAME}: {error}")
    except DBAPIError as error:
        sys.exit(f"{NAME}: DATABASE_URL: the database refuses: {error.orig}")
    except OSError as error:
        sys.exit(f"{NAME}: DATABASE_URL: the database cannot be reached: {error}")


if __name__ == "__main__":
    main(os.environ)
