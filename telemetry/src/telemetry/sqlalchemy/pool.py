"""Metrics of database connection pools."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.semconv._incubating.attributes.db_attributes import (
    DB_CLIENT_CONNECTION_POOL_NAME,
    DB_CLIENT_CONNECTION_STATE,
)
from opentelemetry.semconv._incubating.metrics.db_metrics import (
    DB_CLIENT_CONNECTION_COUNT,
    DB_CLIENT_CONNECTION_MAX,
    DB_CLIENT_CONNECTION_WAIT_TIME,
)
from opentelemetry.util.types import AttributeValue
from sqlalchemy import URL, Pool, QueuePool

_WAIT_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class PoolMetrics:
    """``db.client.connection.count``, ``….max`` and ``….wait_time`` of all pools of a service."""

    def __init__(self, meter: Meter) -> None:
        self._pools: list[WatchedPool] = []
        self._wait = meter.create_histogram(
            DB_CLIENT_CONNECTION_WAIT_TIME,
            unit="s",
            description="How long it took to be given a connection.",
            explicit_bucket_boundaries_advisory=list(_WAIT_BUCKETS),
        )
        for name, observe, description in (
            (DB_CLIENT_CONNECTION_COUNT, _count, "Open connections by state."),
            (DB_CLIENT_CONNECTION_MAX, _most, "Connections that may be open at once."),
        ):
            meter.create_observable_up_down_counter(
                name, [self._each(observe)], unit="{connection}", description=description
            )

    def watch(self, name: str, pool: Callable[[], Pool], most: int) -> WatchedPool:
        """Measure a pool.

        Args:
            name: See `pool_name`.
            pool: Returns the current pool.
            most: The maximum number of open connections.
        """
        watched = WatchedPool(self, name, pool, most)
        self._pools.append(watched)
        return watched

    def waited(self, seconds: float, attributes: dict[str, AttributeValue]) -> None:
        """Record the wait for a connection."""
        self._wait.record(seconds, attributes)

    def forget(self, pool: WatchedPool) -> None:
        """Stop measuring a pool."""
        if pool in self._pools:
            self._pools.remove(pool)

    def _each(
        self, observe: Callable[[WatchedPool], Iterable[Observation]]
    ) -> Callable[[CallbackOptions], Iterable[Observation]]:
        return lambda _options: [each for pool in list(self._pools) for each in observe(pool)]


class WatchedPool:
    """One pool, see `PoolMetrics.watch`."""

    def __init__(self, metrics: PoolMetrics, name: str, pool: Callable[[], Pool], most: int) -> None:
        self._metrics = metrics
        self.attributes: dict[str, AttributeValue] = {DB_CLIENT_CONNECTION_POOL_NAME: name}
        self.pool = pool
        self.most = most

    def waited(self, seconds: float) -> None:
        """Record the wait for a connection."""
        self._metrics.waited(seconds, self.attributes)

    def close(self) -> None:
        """Stop measuring it."""
        self._metrics.forget(self)


def pool_name(url: URL) -> str:
    """Return the name of the pool of a URL, such as ``db:5432/order`` or ``sqlite/order.db``."""
    server = f"{url.host}:{url.port}" if url.host else url.get_backend_name()
    return f"{server}/{(url.database or '').rpartition('/')[2]}"


def _count(watched: WatchedPool) -> Iterable[Observation]:
    pool = watched.pool()
    if isinstance(pool, QueuePool):  # SQLite in memory has one connection and no queue
        yield Observation(pool.checkedout(), {**watched.attributes, DB_CLIENT_CONNECTION_STATE: "used"})
        yield Observation(pool.checkedin(), {**watched.attributes, DB_CLIENT_CONNECTION_STATE: "idle"})


def _most(watched: WatchedPool) -> Iterable[Observation]:
    yield Observation(watched.most, watched.attributes)
