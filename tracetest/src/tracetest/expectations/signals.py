"""What was logged and what was measured within a trace."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from tracetest.expectations.rules import Rule
from tracetest.expectations.values import attribute_differences, is_equal, shown
from tracetest.model import LogRecord, Measurement, Trace

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Signal(Rule):
    """A log record or a measurement that must be there.

    Attributes:
        service: The service; None: any.
        attributes: What it must have among its attributes; None as a value: it must not have that one.
        at_least: How often it is there at least.
        at_most: How often at most; None: any number.
    """

    service: object = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    at_least: int = 1
    at_most: int | None = None

    def times(self, count: int | None = None, *, at_least: int = 0, at_most: int | None = None) -> Self:
        """Say how often it is there: so many times, or within bounds that are both included."""
        if count is not None:
            at_least = at_most = count
        return replace(self, at_least=at_least, at_most=at_most)

    def problems(self, trace: Trace) -> Iterator[str]:
        """Say in what the nearest one differs, or that there are too many."""
        there = self._of(trace)
        if there is None:
            yield f"nobody keeps {self._what}: see the backend's `signals`"
            return
        ways = [list(self._differences(each)) for each in there]
        found = sum(not way for way in ways)
        if self.at_most is not None and found > self.at_most:
            yield f"it is there {found} times, expected {self.at_most or 'none'}"
        elif found < self.at_least:
            near = min(ways, key=len, default=[])
            yield f"it is there {found} times, expected {self.at_least}" + (
                f"; nearest: {'; '.join(near)}" if near else ""
            )
            yield from (f"  {self._line(each)}" for each in there[:_SHOWN])

    def _common(self, seen: LogRecord | Measurement) -> Iterator[str]:
        if self.service is not None and not is_equal(self.service, seen.service):
            yield f"service is {seen.service!r}, expected {shown(self.service)}"
        yield from attribute_differences(self.attributes, seen.attributes)

    @property
    @abstractmethod
    def _what(self) -> str: ...

    @abstractmethod
    def _of(self, trace: Trace) -> Sequence[LogRecord | Measurement] | None: ...

    @abstractmethod
    def _differences(self, seen: LogRecord | Measurement) -> Iterator[str]: ...

    @staticmethod
    @abstractmethod
    def _line(seen: LogRecord | Measurement) -> str: ...


@dataclass(frozen=True, kw_only=True)
class LogPattern(Signal):
    """A log record that must be there; made by `log`."""

    body: object = None
    severity: str | None = None
    _what = "log records"

    def _of(self, trace: Trace) -> Sequence[LogRecord] | None:
        return trace.logs

    def _differences(self, seen: LogRecord | Measurement) -> Iterator[str]:
        assert isinstance(seen, LogRecord)  # noqa: S101  `_of` gives nothing else
        if self.body is not None and not is_equal(self.body, seen.body):
            yield f"body is {seen.body!r}, expected {shown(self.body)}"
        if self.severity not in (None, seen.severity):
            yield f"severity is {seen.severity}, expected {self.severity}"
        yield from self._common(seen)

    @staticmethod
    def _line(seen: LogRecord | Measurement) -> str:
        assert isinstance(seen, LogRecord)  # noqa: S101
        return f"{seen.service} {seen.severity} {seen.body}"


@dataclass(frozen=True, kw_only=True)
class MetricPattern(Signal):
    """A measurement that must have been made; made by `metric`."""

    name: object = None
    value: object = None
    _what = "measurements"

    def _of(self, trace: Trace) -> Sequence[Measurement] | None:
        return trace.metrics

    def _differences(self, seen: LogRecord | Measurement) -> Iterator[str]:
        assert isinstance(seen, Measurement)  # noqa: S101  `_of` gives nothing else
        if not is_equal(self.name, seen.name):
            yield f"name is {seen.name!r}, expected {shown(self.name)}"
        if self.value is not None and not is_equal(self.value, seen.value):
            yield f"value is {seen.value!r}, expected {shown(self.value)}"
        yield from self._common(seen)

    @staticmethod
    def _line(seen: LogRecord | Measurement) -> str:
        assert isinstance(seen, Measurement)  # noqa: S101
        return f"{seen.service} {seen.name} {seen.value:g} {seen.unit}"


def log(
    service: object = None,
    body: object = None,
    *,
    severity: str | None = None,
    attributes: Mapping[str, object] | None = None,
) -> LogPattern:
    """Say that something was logged within the trace; what is left out may be anything."""
    return LogPattern(service=service, body=body, severity=severity, attributes=attributes or {})


def metric(
    name: object, *, service: object = None, value: object = None, attributes: Mapping[str, object] | None = None
) -> MetricPattern:
    """Say that something was measured within the trace: an exemplar of the metric names it."""
    return MetricPattern(name=name, service=service, value=value, attributes=attributes or {})
