"""The recording span: an SDK span with less work at its start, for each attribute, and at its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from time import time_ns
from types import NoneType, TracebackType
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import Event, EventBase, ReadableSpan, Span, SpanLimits, SpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.types import AnyValue, Attributes

from telemetry.config.sections import Sink
from telemetry.errors.record import record_exception
from telemetry.errors.texts import summary_of
from telemetry.otlp.request import Encoded
from telemetry.otlp.source import Source
from telemetry.otlp.spans import ATTRIBUTE, write_dropped, write_events, write_links, write_span
from telemetry.otlp.values import encode_attributes
from telemetry.trace.attributes import KnownAttributes

_logger = logging.getLogger(__name__)

_UNSET = Status(StatusCode.UNSET)
_NOTHING: tuple[Any, ...] = ()
_PLAIN = (str, int, float, bytes, NoneType)  # and bool, which is an int


@dataclass(frozen=True, slots=True)
class Recording:
    """What all recording spans of a provider share.

    Attributes:
        limits: The limits of a span.
        processor: Receives each span's start and end.
        open: The ids of the spans that have not ended. A forked child starts with none: the parent ends the spans
            that were open, so that none is exported twice. A set's operations need no lock.
        error_sink: Where exceptions are recorded.
    """

    limits: SpanLimits
    processor: SpanProcessor
    open: set[int]
    error_sink: Sink = "event"


class RecordingSpan(Span):
    """The SDK's span, as users, processors and exporters know it.

    It differs from its base class in two ways. Attributes are in a dict, and a value of a plain type is stored
    unchanged; the base class copies and checks each attribute through three abstract types. And at the end, processors
    get the span itself, which is immutable by then, not a copy.

    Args:
        name: Its name until `update_name`.
        context: Its span context.
        parent: Its parent's span context; None for a root.
        source: Its resource and scope.
        recording: What it shares with other spans.
        kind: Its span kind.
        attributes: Its first attributes.
        links: To other spans.
        start_time: Nanoseconds since 1970; now by default.
    """

    # Class attributes: most spans never change these.
    _end_time = None
    _status = _UNSET
    _events: Sequence[Event] = _NOTHING
    _links: Sequence[Link] = _NOTHING
    _instrumentation_info = None
    _dropped_attributes = 0
    _known: KnownAttributes | None = None

    def __init__(  # noqa: PLR0913, PLR0917  made in one place  pylint: disable=super-init-not-called
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        source: Source,
        recording: Recording,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] = (),
        start_time: int | None = None,
        *,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> None:
        self.source = source
        self._name = name
        self._context = context
        self._parent = parent
        self._kind = kind
        self._resource = source.resource
        self._instrumentation_scope = source.scope
        self._recording = recording
        self._limits = recording.limits
        self._record_exception = record_exception
        self._set_status_on_exception = set_status_on_exception
        self._lock = Lock()
        self._attributes: dict[str, AnyValue]
        if isinstance(attributes, KnownAttributes) and attributes.fit(recording.limits):
            self._known = attributes
            self._attributes = attributes.copy()
        else:
            self._attributes = {}
            if attributes:
                self._put(attributes)
        if links:
            self._links = self._new_links(links)
        self._start_time = time_ns() if start_time is None else start_time

    @property
    def dropped_attributes(self) -> int:
        """The number of invalid or excess attributes."""
        return self._dropped_attributes

    def set_attribute(self, key: str, value: AnyValue) -> None:
        """Set one attribute; an invalid one is counted as dropped."""
        self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        """Set attributes; beyond the limit the oldest is dropped."""
        with self._lock:
            if self._end_time is None:
                self._put(attributes)
                return
        _logger.warning("Setting attribute on ended span.")

    def end(self, end_time: int | None = None) -> None:
        """End the span, now or at a time in nanoseconds since 1970."""
        with self._lock:
            ended = self._end_time is not None
            if not ended:
                self._end_time = time_ns() if end_time is None else end_time
        if ended:
            _logger.warning("Calling end() on an ended span.")
            return
        recording = self._recording
        try:
            recording.open.remove(self.get_span_context().span_id)
        except KeyError:  # it began before a fork
            return
        recording.processor._on_ending(self)  # noqa: SLF001  the SDK's own name for it
        recording.processor.on_end(self)

    def encoded(self) -> Encoded:
        """Return the ended span encoded in OTLP."""
        known, more = self._known, list[bytes]()
        if known is None:
            attributes = encode_attributes(ATTRIBUTE, self._attributes)
        else:
            added = dict(islice(self._attributes.items(), len(known), None))
            attributes = known.encoded + encode_attributes(ATTRIBUTE, added)
        if self._dropped_attributes or self._events is not _NOTHING or self._links is not _NOTHING:
            dropped = write_dropped(self._dropped_attributes, self.dropped_events, self.dropped_links)
            more = [*write_events(self.events), *write_links(self.links), *dropped]
        context, times = self.get_span_context(), (self._start_time or 0, self._end_time or 0)
        return write_span(
            self.source, context, self._parent, self._name, self._kind, times, attributes, self._status, more
        )

    @property
    def error_sink(self) -> Sink:
        """Where its service records exceptions."""
        return self._recording.error_sink

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002  the API's signature
    ) -> None:
        """Record the exception, redacted and once per trace; see `telemetry.errors`."""
        record_exception(self, exception, {"exception.escaped": str(escaped), **(attributes or {})}, timestamp)

    def fail(self, error: BaseException, *, escaped: bool = False) -> None:
        """Record the error that left the span's block, as requested when the span started."""
        if self._record_exception:
            self.record_exception(error, escaped=escaped)
        if self._set_status_on_exception and self.status.status_code is not StatusCode.ERROR:
            self.set_status(Status(StatusCode.ERROR, summary_of(error)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.fail(error, escaped=True)
        self.end()

    def __deepcopy__(self, memo: dict[int, Any]) -> ReadableSpan:
        """Return a copy of the readable span, as the SDK's spans give at their end."""
        return deepcopy(self._readable_span(), memo)

    def _add_event(self, event: EventBase) -> None:
        with self._lock:
            if self._events is _NOTHING:
                self._events = self._new_events()  # type: ignore[no-untyped-call]
        super()._add_event(event)

    def _add_link(self, link: Link) -> None:
        with self._lock:
            if self._links is _NOTHING:
                self._links = self._new_links(())
        super()._add_link(link)

    def _put(self, attributes: Mapping[str, AnyValue]) -> None:
        given = attributes if self._is_plain(attributes) else self._cleaned(attributes)
        kept, limit = self._attributes, self._limits.max_span_attributes
        if not kept and (limit is None or len(given) <= limit):
            kept.update(given)
            return
        for key, value in given.items():
            if key in kept:
                del kept[key]  # a key that is set again becomes the newest
                self._known = None
            elif limit is not None and len(kept) >= limit:
                self._known = None
                self._dropped_attributes += 1
                if not kept:
                    continue
                del kept[next(iter(kept))]
            kept[key] = value

    def _is_plain(self, attributes: Mapping[str, AnyValue]) -> bool:
        """Return whether all can be recorded unchanged, as most can."""
        longest = self._limits.max_span_attribute_length
        for key, value in attributes.items():
            if not isinstance(value, _PLAIN) or not isinstance(key, str) or not key:
                return False
            if longest is not None and isinstance(value, str) and len(value) > longest:
                return False
        return True

    def _cleaned(self, attributes: Mapping[str, AnyValue]) -> Mapping[str, AnyValue]:
        """Return the valid ones, and count the rest."""
        bounded = BoundedAttributes(attributes=attributes, max_value_len=self._limits.max_span_attribute_length)
        self._dropped_attributes += bounded.dropped
        return bounded
