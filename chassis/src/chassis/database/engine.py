"""The database behind a service: an async engine with spans, timeouts and the tenant, on SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import Any

from sqlalchemy import Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.database.outage import Outage
from telemetry.context.tenant import require_tenant
from telemetry.errors import DatabaseUnavailable
from telemetry.settings.env import ConfigError, Env, Secret
from telemetry.setup import Telemetry
from telemetry.sqlalchemy.pool import pool_name
from telemetry.sqlalchemy.spans import UNTRACED, trace_engine

__all__ = ["Database", "DatabaseUnavailable", "database_url", "insert_into", "read_database_url"]


_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
_CONNECT_SECONDS = 2.0
_STATEMENT_SECONDS = 5.0
_PING_SECONDS = 0.8  # less than the second that `chassis.health` allows, so that it reports the outage itself
# Class 08: connection exception; 53: insufficient resources; 57P: shut down, crashed, starting.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY_STATES = ("08", "53", "57P")
_AWAY_IN_SQLITE = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)

_SET_TENANT = text("SELECT set_config('app.tenant_id', :tenant, true)")


class Database:
    """An async engine for one service.

    Args:
        url: See `database_url`, which reads it when it is a text.
        telemetry: Traces the statements.
        pool_size: Connections that stay open; under load twice as many are open.

    Attributes:
        most_connections: The maximum number of open connections.
    """

    def __init__(self, url: URL | str, telemetry: Telemetry, pool_size: int = 5) -> None:
        url = database_url(url) if isinstance(url, str) else url
        self._postgresql = url.get_backend_name() == "postgresql"
        self._outage = Outage()
        self._engine = _make_engine(url, pool_size, telemetry.config.service_name)
        if not self._postgresql:
            event.listen(self._engine.sync_engine, "connect", _set_up_sqlite)
        trace_engine(self._engine.sync_engine, telemetry.tracer(__name__))
        metrics, engine = telemetry.measuring.pools, self._engine.sync_engine
        self.most_connections = 2 * pool_size
        self._pool = (
            None if metrics is None else metrics.watch(pool_name(url), lambda: engine.pool, self.most_connections)
        )
        event.listen(self._engine.sync_engine, "handle_error", _map_failure)  # after the span listeners

    @property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's engine, for event listeners; a service's own work uses `transaction`."""
        return self._engine

    @asynccontextmanager
    async def transaction(self, *, traced: bool = True) -> AsyncIterator[AsyncConnection]:
        """Yield a connection in a transaction, which commits at the end or rolls back on an exception.

        On PostgreSQL it first sets the current tenant, for row-level security (``app.tenant_id``).

        Args:
            traced: False creates no spans, for work without a request.

        Raises:
            DatabaseUnavailable: The database is unavailable or too slow; immediately when it failed a moment ago.
            MissingTenant: There is no current tenant.
        """
        tenant = require_tenant()
        if self._outage:
            raise DatabaseUnavailable
        async with self._connection() as connection, connection.begin():
            if not traced:
                await connection.execution_options(**UNTRACED)
            if self._postgresql:
                await connection.execute(_SET_TENANT, {"tenant": tenant}, execution_options=UNTRACED)
            yield connection

    async def ping(self) -> None:
        """Check the database, even when it failed a moment ago; raises DatabaseUnavailable. Creates no span."""
        try:
            async with asyncio.timeout(_PING_SECONDS), self._connection() as connection:
                await connection.execute(text("SELECT 1"), execution_options=UNTRACED)
        except TimeoutError as error:
            self._outage.begin()
            raise DatabaseUnavailable from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection; a failure to connect is an outage, a later failure is not."""
        async with AsyncExitStack() as stack:
            asked_at = perf_counter()
            try:
                connection = await stack.enter_async_context(self._engine.connect())
            except PoolTimeoutError as error:
                raise DatabaseUnavailable from error
            except (OSError, DBAPIError, DatabaseUnavailable) as error:
                self._outage.begin()
                if isinstance(error, OSError):  # asyncpg raises them unmapped
                    raise DatabaseUnavailable from error
                raise
            self._outage.end()
            if self._pool is not None:
                self._pool.waited(perf_counter() - asked_at)
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            self._pool.close()
        await self._engine.dispose()


def database_url(given: str, password: Secret | None = None, name: str = "DATABASE_URL") -> URL:
    """Parse a URL such as ``sqlite+aiosqlite:///user.db`` or ``postgresql+asyncpg://user@host/db``.

    Args:
        given: The URL; no message shows a password in it.
        password: Inserted into the URL.
        name: The setting, for messages.

    Raises:
        ConfigError: It is not the URL of a supported database.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ConfigError(f"{name}: expected a URL such as {_DRIVERS[0]}:///file.db or {_DRIVERS[1]}://…") from None
    if url.drivername not in _DRIVERS:
        raise ConfigError(f"{name}: {url.drivername!r} is not known here: expected one of {', '.join(_DRIVERS)}")
    return url if password is None else url.set(password=password.reveal())


def read_database_url(env: Env, service: str) -> URL:
    """Read ``DATABASE_URL`` and ``DATABASE_PASSWORD``, by default a SQLite file of the service; raise ConfigError."""
    return database_url(env.text("DATABASE_URL", f"sqlite+aiosqlite:///{service}.db"), env.secret("DATABASE_PASSWORD"))


def insert_into(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT of the connection's dialect: both support ON CONFLICT and RETURNING."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _make_engine(url: URL, pool_size: int, application_name: str) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        return create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_SECONDS,
                "server_settings": {"application_name": application_name},
            },
            **_pool(pool_size),
        )
    # An in-memory database exists in one connection, for which SQLAlchemy has its own pool.
    pool = _pool(pool_size) if url.database not in (None, "", ":memory:") else {}
    return create_async_engine(url, hide_parameters=True, connect_args={"timeout": _STATEMENT_SECONDS}, **pool)


def _pool(size: int) -> dict[str, float]:
    return {"pool_size": size, "max_overflow": size, "pool_timeout": _CONNECT_SECONDS}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Let readers work beside a writer; wait for the lock instead of failing."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _map_failure(failure: ExceptionContext) -> DatabaseUnavailable | None:
    """Called by SQLAlchemy with the driver's error: map an outage to DatabaseUnavailable, leave others unchanged."""
    error = failure.original_exception
    away = failure.is_disconnect or isinstance(error, OSError) or _is_away(error)
    return DatabaseUnavailable() if away and isinstance(error, Exception) else None


def _is_away(error: BaseException) -> bool:
    state: str = getattr(error, "sqlstate", None) or ""
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return state.startswith(_AWAY_STATES) or code in _AWAY_IN_SQLITE
