"""The batch queue: spans and log records wait here, off the hot path, until a thread exports them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from threading import Condition, Event, RLock, Thread
from typing import Generic, Protocol, TypeVar

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value

from telemetry.config.sections import BatchConfig
from telemetry.export.counts import ExportCounts
from telemetry.export.losses import LossLog
from telemetry.export.pipelines import start_daemon
from telemetry.export.reachability import GRACE, refuses_connections
from telemetry.export.too_large import MAX_REQUEST_BYTES, SMALLEST_LIMIT, RequestTooLargeError
from telemetry.forks import renew_after_fork

_logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)


class Exporter(Protocol[Item_contra]):
    """An exporter of the SDK, for spans or for log records."""

    def export(self, items: Sequence[Item_contra], /) -> Enum:
        """Export; the result's name is SUCCESS or FAILURE."""

    def shutdown(self) -> None:
        """Stop."""


class ExportQueue(Generic[Item]):
    """A queue, a thread and an exporter.

    The SDK's batch processors are not used: they take up to 30 s to shut down without a collector
    (https://github.com/open-telemetry/opentelemetry-python/issues/4568), while a container is killed after 10 s. They
    do not report how much they dropped, and a forked child keeps its parent's connections.

    The thread starts with the first item, so a program that loads before it forks has none to lose. A forked child
    starts with an empty queue, its own counts, and a new exporter.

    Args:
        exporter: Exports the items.
        batch: How items are batched.
        remake: Creates the exporter of a forked child; without it the child uses the given one.
        what: The kind of items, for messages.
        target: The URL that the exporter sends to, if there is one.
    """

    def __init__(
        self,
        exporter: Exporter[Item],
        batch: BatchConfig,
        remake: Callable[[], Exporter[Item] | None] | None = None,
        what: str = "spans",
        target: str | None = None,
    ) -> None:
        self._exporter: Exporter[Item] | None = exporter
        self._inherited: Exporter[Item] | None = None
        self._remake = remake or (lambda: exporter)
        self._batch = batch
        self._what = what
        self._target = target
        self._closed = False
        self._given_up = False
        self._reason = ""
        self._reported = False
        self._begin()
        renew_after_fork(self)

    def _begin(self) -> None:
        self._lock = RLock()  # reentrant: a span may end in a finalizer, in the middle of anything
        self._done = Condition(self._lock)
        self._wake = Event()
        self._queue: deque[Item] = deque()
        self._thread: Thread | None = None
        self._flush_wanted = False
        self._ended = self._exported = self._failed = self._dropped = 0
        self._losses = LossLog(self._what)

    def after_fork(self) -> None:
        """Leave spans, thread and connections to the parent."""
        # The parent's exporter is kept and never used: closing gRPC's channel in a forked child can hang.
        self._inherited = self._inherited or self._exporter
        self._exporter = None
        self._begin()

    @property
    def counts(self) -> ExportCounts:
        """The counts so far."""
        with self._lock:
            return ExportCounts(self._ended, self._exported, self._failed, self._dropped)

    def put(self, item: Item) -> None:
        """Queue the item without waiting. A full queue drops its oldest item."""
        with self._lock:
            if self._closed:
                return
            queue = self._queue
            self._ended += 1
            if len(queue) >= self._batch.max_queue_size:
                queue.popleft()
                self._dropped += 1
            queue.append(item)
            if self._thread is None:
                self._start_thread()
        if len(queue) >= self._batch.max_export_batch_size and not self._wake.is_set():
            self._wake.set()

    def refuse(self, error: Exception) -> None:
        """Count an item that cannot be queued as failed."""
        with self._lock:
            self._ended += 1
            self._failed += 1
        self._losses.explain(error)

    def flush(self) -> object:
        """Export the queue, however long it takes."""
        with self._lock:
            last = self._ended
            self._flush_wanted = True
            self._wake.set()
            return self._done.wait_for(lambda: self._closed or self._settled() >= last)

    def close(self) -> None:
        """Export the queue and stop, however long it takes.

        A collector that was never reachable is an exception: when nothing has been exported yet and its address refuses
        connections, it gets one second. A collector that has accepted spans before may be restarting, and gets all the
        time.
        """
        with self._lock:
            self._closed = True
            thread = self._thread
            self._wake.set()
        if thread is not None:
            thread.join(GRACE)
            if thread.is_alive() and not self._exported and refuses_connections(self._target):
                self._reason = f": no collector at {self._target}"
                self._give_up()
            thread.join()
        if self._exporter is not None and not self._given_up:
            self._exporter.shutdown()

    def report(self, budget: float, *, in_time: bool) -> None:
        """Log once how many spans were lost; release an exporter that was given up."""
        if self._reported:
            return
        self._reported = True
        if not in_time:
            self._reason = self._reason or f": gave up after {budget:g} s"
            start_daemon(self._give_up)
        counts = self.counts
        if lost := counts.lost + counts.pending:
            _logger.warning("%d of %d %s were not exported%s", lost, counts.ended, self._what, self._reason)

    def _give_up(self) -> None:
        """End the exporter's retries."""
        with self._lock:
            given_up, self._given_up = self._given_up, True
        if self._exporter is not None and not given_up:
            self._exporter.shutdown()

    def _settled(self) -> int:
        return self._exported + self._failed + self._dropped

    def _start_thread(self) -> None:
        thread = Thread(target=self._run, name="telemetry-export", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left; the request must not fail because of that
            self._losses.explain(error)
        else:
            self._thread = thread

    def _run(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # an exporter's own calls are not traced  # noqa: FBT003
        while True:
            early = self._wake.wait(self._batch.schedule_delay)
            self._wake.clear()
            flush, self._flush_wanted = self._flush_wanted, False
            least = self._batch.max_export_batch_size if early and not flush and not self._closed else 1
            while len(self._queue) >= least and not self._given_up:
                self._export(self._take())
            if self._closed and (self._given_up or not self._queue):
                return
            self._losses.tell(self._failed, self._dropped)

    def _size_of(self, item: Item) -> int:  # noqa: ARG002  for items whose size is known
        """Return the bytes of an item in a request; 0 when unknown."""
        return 0

    def _describe(self, item: Item) -> str:  # noqa: ARG002  the same
        """Return what a message calls an item."""
        return f"one of the {self._what}"

    def _take(self) -> list[Item]:
        """Take a batch: limited by number and by bytes, but at least one item."""
        with self._lock:
            queue, most = self._queue, self._batch.max_export_batch_size
            items = [queue.popleft()]
            size = self._size_of(items[0])
            while queue and len(items) < most and (size := size + self._size_of(queue[0])) <= MAX_REQUEST_BYTES:
                items.append(queue.popleft())
            return items

    def _export(self, items: list[Item]) -> None:
        taken = False
        try:
            if self._exporter is None:
                self._exporter = self._remake()
            if self._exporter is not None:
                taken = self._exporter.export(items).name == "SUCCESS"
        except RequestTooLargeError:
            size = sum(map(self._size_of, items))
            if len(items) > 1 and size > SMALLEST_LIMIT:
                half = len(items) // 2
                self._export(items[:half])
                self._export(items[half:])
                return
            self._losses.explain(RequestTooLargeError(f"{self._describe(items[0])}: the receiver refused {size} bytes"))
        except Exception as error:  # noqa: BLE001  the thread continues whatever an exporter raises
            self._losses.explain(error)
        with self._done:
            if taken:
                self._exported += len(items)
            else:
                self._failed += len(items)
            self._done.notify_all()
