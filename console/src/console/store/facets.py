"""By what the traces that are held can be filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from console.store.summary import TraceSummary

FacetValue: TypeAlias = tuple[Literal["service", "route", "status", "tenant"], str]


@dataclass(frozen=True, slots=True)
class Facets:
    """What the traces can be filtered by, each sorted."""

    services: tuple[str, ...]
    routes: tuple[str, ...]
    statuses: tuple[str, ...]
    tenants: tuple[str, ...]

    @classmethod
    def of(cls, values: Iterable[FacetValue]) -> Facets:
        """Put different values in order."""
        ordered = sorted(values)
        return cls(
            services=tuple(value for facet, value in ordered if facet == "service"),
            routes=tuple(value for facet, value in ordered if facet == "route"),
            statuses=tuple(value for facet, value in ordered if facet == "status"),
            tenants=tuple(value for facet, value in ordered if facet == "tenant"),
        )


def facet_values(trace: TraceSummary) -> Mapping[FacetValue, int]:
    """Give a trace's values, each once."""
    values: dict[FacetValue, int] = {("service", service): 1 for service in trace.services}
    values.update((("route", route), 1) for route in trace.routes)
    values.update((("tenant", tenant), 1) for tenant in trace.tenants)
    if trace.status:
        values["status", trace.status] = 1
    return values
