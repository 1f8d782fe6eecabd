"""The traces of both times out of the query API of a console or a Jaeger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from console.client import fetch_services, fetch_traces
from console.model import Trace
from console.query import Query
from console.why.windows import Compared, Windows, divide

_PARTS = 4  # of each time: of more traces than are wanted, the API gives the latest


def recorded(
    url: str, windows: Windows, most: int, progress: Callable[[float], None] = lambda _share: None
) -> Compared:
    """Fetch the traces.

    Args:
        url: of the query API.
        windows: the times.
        most: how many of each are wanted; when there are more, those are read that each service had last in each
            quarter of the time.
        progress: told which share of the work is done.

    Raises:
        QueryError: nothing answers there, or not with traces.
    """
    traces: dict[str, Trace] = {}
    queries = [query for service in fetch_services(url) for query in _queries(service, windows, most)]
    for number, query in enumerate(queries, 1):
        traces.update((trace.trace_id, trace) for trace in fetch_traces(url, query))
        progress(number / len(queries))
    return divide(traces.values(), windows, most)


def _queries(service: str, windows: Windows, most: int) -> Iterator[Query]:
    for begin, end in ((windows.begin, windows.change), (windows.change, windows.end)):
        part = (end - begin) // _PARTS
        for number in range(_PARTS):
            start = begin + number * part
            yield Query(service=service, start=start, end=start + part, limit=max(1, most // _PARTS))
