"""Which faults are on for a call, as OpenFeature evaluates their flags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from openfeature import api
from openfeature.contrib.hook.opentelemetry import TracingHook
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError
from opentelemetry.trace import format_trace_id, get_current_span

from faults.actions import Action
from faults.catalogue import Fault
from faults.provider import FileProvider
from faults.settings import FaultSettings
from telemetry import ConfigError, current_tenant

A = TypeVar("A", bound=Action)

_active: ContextVar[tuple[Action, ...]] = ContextVar("faults_active", default=())


class Switches:
    """The flags of one service's faults. Each evaluation is an event of the current span.

    OpenFeature keeps providers by the name of a domain, in the whole process: here it is the service's.

    Args:
        settings: Where the flags are.
        service: The name of the service.
        instance: Its ``service.instance.id``.

    Raises:
        ConfigError: The file of flags cannot be read.
    """

    def __init__(self, settings: FaultSettings, service: str, instance: str) -> None:
        provider = FileProvider(settings.flags)
        try:
            provider.refresh()
        except OpenFeatureError as error:
            raise ConfigError(f"FAULT_FLAGS={error.error_message}") from None
        api.set_provider_and_wait(provider, f"faults.{service}")
        self._client = api.get_client(f"faults.{service}")
        self._client.add_hooks([TracingHook(exclude_exceptions=True)])
        self._attributes = {"service": service, "instance": instance}

    def actions(self, faults: Sequence[Fault]) -> tuple[Action, ...]:
        """Evaluate the faults' flags for the current span and tenant; give the actions of those that are on."""
        trace_id = format_trace_id(get_current_span().get_span_context().trace_id)
        context = EvaluationContext(trace_id, {**self._attributes, "tenant": current_tenant() or ""})
        return tuple(
            fault.inject
            for fault in faults
            if self._client.get_boolean_value(fault.id, default_value=False, evaluation_context=context)
            and fault.inject is not None
        )


@contextmanager
def active(actions: tuple[Action, ...]) -> Iterator[None]:
    """Let what runs inside, also below the seams of the database, meet these actions."""
    token = _active.set(actions)
    try:
        yield
    finally:
        _active.reset(token)


def active_of(kind: type[A]) -> Iterator[A]:
    """Give the actions of a kind that the current call meets."""
    return (action for action in _active.get() if isinstance(action, kind))
