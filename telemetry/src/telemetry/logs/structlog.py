"""structlog's records with the same fields as those of `logging`, redacted. Importing this does not need structlog.

``structlog.configure(processors=[ContextFields("order"), …, JSONRenderer()])``
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from telemetry.logs.fields import clean_fields, context_fields


class ContextFields:
    """A processor that adds service, trace_id, span_id and tenant, and redacts the other fields.

    Put it after the processors that add fields and before the renderer.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the record's fields."""
        kept = {name: event[name] for name in ("exc_info", "stack_info", "_record", "_from_structlog") if name in event}
        fields: dict[str, Any] = clean_fields({name: value for name, value in event.items() if name not in kept})
        return {**fields, **kept, "service": self._service, **context_fields()}
