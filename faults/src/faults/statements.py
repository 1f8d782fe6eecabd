"""The seam of the database: listeners of SQLAlchemy, below the service's store and inside the spans of telemetry."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Connection, CursorResult, event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.util import await_only

from chassis.database.engine import Database
from faults.actions import BreakStatement, RefuseConnections, RepeatStatement, SlowStatement
from faults.switches import active_of
from telemetry.sqlalchemy.spans import summarize

# The execution option of statements that an action has added.
_ADDED = "faults_added"


def listen(database: Database) -> None:
    """Let the statements and connections of the database meet the actions of the call that they are for."""
    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", _slow_down)  # after telemetry's, which has begun the span
    event.listen(engine, "before_cursor_execute", _break, retval=True)
    event.listen(engine, "after_execute", _repeat)
    event.listen(engine, "checkout", _refuse)


def _slow_down(
    _connection: Connection,
    _cursor: object,
    statement: str,
    _parameters: object,
    _context: object,
    _executemany: bool,  # noqa: FBT001  SQLAlchemy's own signature
) -> None:
    for action in active_of(SlowStatement):
        if action.statement == _summary(statement):
            await_only(asyncio.sleep(action.seconds))


def _break(
    _connection: Connection,
    _cursor: object,
    statement: str,
    parameters: Any,
    _context: object,
    _executemany: bool,  # noqa: FBT001  the same
) -> tuple[str, Any]:
    broken = statement
    for action in active_of(BreakStatement):
        if action.statement == _summary(statement):
            table = action.statement.partition(" ")[2]
            broken = broken.replace(table, f"{table}_not_there")
    return broken, parameters


def _repeat(
    connection: Connection,
    clause: Any,
    _multiparams: object,
    params: dict[str, Any],
    options: dict[str, Any],
    _result: CursorResult[Any],
) -> None:
    if options.get(_ADDED):
        return
    for action in active_of(RepeatStatement):
        if action.statement == _summary(str(clause)):
            for row in range(action.times):
                one = clause.limit(1).offset(row)
                connection.execute(one, params, execution_options={_ADDED: True}).close()


def _refuse(_connection: object, _record: object, _proxy: object) -> None:
    for _action in active_of(RefuseConnections):
        # No OSError: `Database` would remember an outage, and refuse those for a second whom the fault is not for.
        raise PoolTimeoutError("the database refuses connections")


def _summary(statement: str) -> str:
    operation, table = summarize(statement)
    return f"{operation} {table}"
