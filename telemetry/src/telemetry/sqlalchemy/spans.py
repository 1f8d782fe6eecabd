"""One CLIENT span per statement, named by its operation and table: ``SELECT users``.

Our own listeners replace opentelemetry-instrumentation-sqlalchemy, which traces `create_async_engine` twice
(opentelemetry-python-contrib issue 2149), writes old names, and adds a span for each connect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext

from telemetry import semconv
from telemetry.trace.attributes import KnownAttributes

# The execution option of internal statements, which have no span.
UNTRACED = {"telemetry_untraced": True}

_SYSTEMS = {"postgresql": "postgresql", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mariadb"}
_STATEMENTS_KEPT = 1024
_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE")
_NAME = r"(?:[^\W\d]\w*|\"[^\"]*\")"
_TOKEN = re.compile(rf"'[^']*'?|--[^\n]*|/\*.*?(?:\*/|\Z)|(?P<word>{_NAME}(?:\.{_NAME})*)|(?P<bracket>[()])", re.DOTALL)


def trace_engine(engine: Engine, tracer: Tracer) -> None:
    """Trace every statement of the engine that is not executed with `UNTRACED`."""
    listeners = _Listeners(tracer, _database_attributes(engine.url))
    event.listen(engine, "before_cursor_execute", listeners.before)
    event.listen(engine, "after_cursor_execute", listeners.after)
    event.listen(engine, "handle_error", listeners.failed)


def summarize(statement: str) -> tuple[str, str | None]:
    """Return the operation and the table of a statement, ``("SELECT", "users")``; None for an unknown table."""
    operation = None
    after_with = awaited = False
    for word in _outer_words(statement):
        upper = word.upper()
        if operation is None:
            operation = upper if upper in _VERBS or not (after_with or upper == "WITH") else None
            after_with = True
            awaited = operation == "UPDATE"
        elif upper in {"FROM", "INTO"}:
            awaited = True
        elif awaited and upper != "ONLY":
            return operation, word.replace('"', "") or None
    return operation or "SQL", None


def _outer_words(statement: str) -> Iterator[str]:
    """Return the words outside of brackets, ignoring brackets around the whole; "" for nested brackets."""
    depth = outermost = 0
    begun = False
    for token in _TOKEN.finditer(statement):
        if token["bracket"] == "(":
            if begun and depth == outermost:
                yield ""
            depth += 1
        elif token["bracket"]:
            depth -= 1
        elif token["word"]:
            if not begun:
                begun, outermost = True, depth
            if depth == outermost:
                yield token["word"]


class _Listeners:
    """SQLAlchemy calls these in the order of their names; the execution context keeps the span in between."""

    def __init__(self, tracer: Tracer, attributes: dict[str, AttributeValue]) -> None:
        self._tracer = tracer
        self._attributes = attributes
        self._describe = lru_cache(_STATEMENTS_KEPT)(self._make)

    def before(
        self,
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        context: Any,
        _executemany: bool,  # noqa: FBT001
    ) -> None:
        options = connection.get_execution_options() if context is None else context.execution_options
        if context is None or options.get("telemetry_untraced"):
            return
        name, attributes = self._describe(statement)
        context.telemetry_span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def _make(self, statement: str) -> tuple[str, KnownAttributes]:
        """Return the name and the attributes of a statement's spans."""
        operation, collection = summarize(statement)
        name = operation if collection is None else f"{operation} {collection}"
        attributes = {
            **self._attributes,
            semconv.DB_OPERATION_NAME: operation,
            semconv.DB_QUERY_SUMMARY: name,
            semconv.DB_QUERY_TEXT: statement,
        }
        if collection is not None:
            attributes[semconv.DB_COLLECTION_NAME] = collection
        return name, KnownAttributes(attributes)

    def after(
        self,
        _connection: Connection,
        _cursor: object,
        _statement: str,
        _parameters: object,
        context: Any,
        _executemany: bool,  # noqa: FBT001
    ) -> None:
        if (span := _take_span(context)) is not None:
            span.end()

    def failed(self, failure: ExceptionContext) -> None:
        span = _take_span(failure.execution_context)
        if span is None:
            return
        error = failure.original_exception
        state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
        if state:
            span.set_attribute(semconv.DB_RESPONSE_STATUS_CODE, state)
        span.set_attribute(semconv.ERROR_TYPE, state or type(error).__qualname__)
        span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))
        span.end()


def _take_span(context: Any) -> Span | None:
    span: Span | None = getattr(context, "telemetry_span", None)
    if span is not None:
        context.telemetry_span = None
    return span


def _database_attributes(url: URL) -> dict[str, AttributeValue]:
    backend = url.get_backend_name()
    attributes: dict[str, AttributeValue] = {semconv.DB_SYSTEM_NAME: _SYSTEMS.get(backend, "other_sql")}
    if url.database and backend != "sqlite":
        attributes[semconv.DB_NAMESPACE] = url.database
    if url.host:
        attributes[semconv.SERVER_ADDRESS] = url.host
    if url.port:
        attributes[semconv.SERVER_PORT] = url.port
    return attributes
