"""Brings a service's database up to date with Alembic, as one program before the service starts.

On PostgreSQL the role that runs this owns the tables. The service uses another role, ``APP_ROLE``, which gets the
privileges it needs and is subject to row-level security.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from chassis.database.engine import read_database_url
from telemetry.settings.env import ConfigError, Env

_ENVIRONMENT = Path(__file__).with_name("alembic_env")
_CONNECT_SECONDS = 10.0
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
_IS_BOUND = text("SELECT NOT (rolsuper OR rolbypassrls OR rolname = current_user) FROM pg_roles WHERE rolname = :role")


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of a service's tables.

    Args:
        service: The service's short name, such as ``user``.
        versions: The folder of Alembic's version files.
    """

    service: str
    versions: Path

    @property
    def app_role(self) -> str:
        """The role that the service uses by default."""
        return f"{self.service}_app"

    @property
    def version_table(self) -> str:
        """The table with the applied version."""
        return f"{self.service}_service_migrations"

    def run(self, url: URL, app_role: str | None = None) -> None:
        """Apply the missing versions, all in one transaction; concurrent runs wait.

        Not for use in an event loop.

        Raises:
            ConfigError: The service cannot use this role.
            sqlalchemy.exc.DBAPIError, OSError: The database is unreachable or refuses.
        """
        role = self.app_role if app_role is None else app_role
        if not _IDENTIFIER.fullmatch(role):
            raise ConfigError(f"APP_ROLE={role!r}: expected a role's name of 1 to 63 of a-z, 0-9 and '_'")
        if url.get_backend_name() == "sqlite":
            self._run_on_sqlite(url, role)
        else:
            asyncio.run(self._run_on_postgresql(url, role))

    def main(self, environ: Mapping[str, str]) -> None:
        """Migrate the database of the environment; an error ends the program with one line."""
        env = Env(environ)
        try:
            self.run(read_database_url(env, self.service), env.text("APP_ROLE", self.app_role))
        except ConfigError as error:
            sys.exit(f"{self.service}: {error}")
        except DBAPIError as error:
            sys.exit(f"{self.service}: DATABASE_URL: the database refuses: {error.orig}")
        except OSError as error:
            sys.exit(f"{self.service}: DATABASE_URL: the database cannot be reached: {error}")

    def _run_on_sqlite(self, url: URL, app_role: str) -> None:
        # Lock the file first: otherwise the driver changes tables outside of a transaction.
        engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args={"isolation_level": None})
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as connection:
            self._upgrade(connection, app_role)

    async def _run_on_postgresql(self, url: URL, app_role: str) -> None:
        engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": _CONNECT_SECONDS})
        async with engine.begin() as connection:
            await connection.execute(_LOCK, {"name": self.version_table})
            await _check_role(connection, app_role)
            await connection.run_sync(self._upgrade, app_role)

    def _upgrade(self, connection: Connection, app_role: str) -> None:
        config = Config()
        config.set_main_option("script_location", _escaped(_ENVIRONMENT))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", _escaped(self.versions))
        config.attributes.update(connection=connection, app_role=app_role, version_table=self.version_table)
        command.upgrade(config, "head")


async def _check_role(connection: AsyncConnection, role: str) -> None:
    bound = (await connection.execute(_IS_BOUND, {"role": role})).scalar()
    if bound is None:
        raise ConfigError(f"APP_ROLE={role!r}: there is no such role: expected one that can log in")
    if not bound:
        raise ConfigError(f"APP_ROLE={role!r}: expected a role that row-level security binds: no owner, no superuser")


def _escaped(path: Path) -> str:
    """Escape a path for Alembic's configuration."""
    return str(path).replace("%", "%%")
