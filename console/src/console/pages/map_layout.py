"""Places the nodes of the service map in columns, callers to the left of what they call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from console.service_map import Edge, Node, ServiceMap

NODE_WIDTH, NODE_HEIGHT = 150, 52
PLATE_WIDTH, PLATE_HEIGHT = 190, 56  # what is written at an edge

_COLUMN, _ROW, _MARGIN = 390, 130, 24
_SWEEPS = 4
_MOST_NODES, _MOST_EDGES = 40, 120


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node and the upper left corner of its box."""

    node: Node
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """An edge, its curve as an SVG path, and the middle of it, where its figures are written."""

    edge: Edge
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything at its place, and how large the drawing is."""

    nodes: list[PlacedNode]
    edges: list[PlacedEdge]
    width: float
    height: float


def busiest(service_map: ServiceMap) -> ServiceMap:
    """Give the part of a map that can be looked at: its 40 busiest nodes and the 120 busiest edges between them."""
    nodes = sorted(service_map.nodes, key=lambda node: node.calls, reverse=True)[:_MOST_NODES]
    names = {node.name for node in nodes}
    between = [edge for edge in service_map.edges if {edge.caller, edge.callee} <= names]
    edges = sorted(between, key=lambda edge: edge.calls, reverse=True)[:_MOST_EDGES]
    return replace(
        service_map,
        nodes=sorted(nodes, key=lambda node: node.name),
        edges=sorted(edges, key=lambda edge: (edge.caller, edge.callee)),
    )


def lay_out(service_map: ServiceMap) -> Layout:
    """Place nodes and edges; the same map is always drawn the same way."""
    nodes = {node.name: node for node in service_map.nodes}  # a database may be called like a service
    names = list(nodes)
    columns = _columns(names, service_map.edges)
    rows = _rows(columns, service_map.edges)
    tallest = max((len(column) for column in columns), default=0)
    places = {
        name: (_MARGIN + at * _COLUMN, _MARGIN + (rows[name] + (tallest - len(column)) / 2) * _ROW)
        for at, column in enumerate(columns)
        for name in column
    }
    edges = _apart([_placed(edge, places) for edge in service_map.edges], places.values())
    return Layout(
        nodes=[PlacedNode(node, *places[node.name]) for node in nodes.values()],
        edges=edges,
        width=2 * _MARGIN + max(0, len(columns) - 1) * _COLUMN + NODE_WIDTH,
        height=max(
            [2 * _MARGIN + max(0, tallest - 1) * _ROW + NODE_HEIGHT]
            + [edge.y + PLATE_HEIGHT / 2 + _MARGIN for edge in edges]
        ),
    )


def _columns(names: list[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Put each node one column to the right of its rightmost caller; calls that lead back in a circle do not count."""
    callees: defaultdict[str, list[str]] = defaultdict(list)
    called = set()
    for edge in edges:
        callees[edge.caller].append(edge.callee)
        called.add(edge.callee)
    first_callers = sorted(names, key=lambda name: (name in called, name))
    order = _callers_first(first_callers, callees)
    position = {name: at for at, name in enumerate(order)}
    depth = dict.fromkeys(names, 0)
    for name in order:
        for callee in callees[name]:
            if position[callee] > position[name]:
                depth[callee] = max(depth[callee], depth[name] + 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in first_callers:
        columns[depth[name]].append(name)
    return columns


def _callers_first(names: list[str], callees: Mapping[str, list[str]]) -> list[str]:
    """Order nodes so that each comes before what it calls, as far as no circle forbids it: depth first, from behind."""
    seen: set[str] = set()
    done: list[str] = []
    for name in names:
        pending = [(name, iter(callees.get(name, ())))] if name not in seen else []
        seen.add(name)
        while pending:
            at, rest = pending[-1]
            callee = next((each for each in rest if each not in seen), None)
            if callee is None:
                done.append(at)
                pending.pop()
            else:
                seen.add(callee)
                pending.append((callee, iter(callees.get(callee, ()))))
    return done[::-1]


def _rows(columns: list[list[str]], edges: Iterable[Edge]) -> dict[str, int]:
    """Order each column by the middle of its neighbours, so that few edges cross."""
    neighbours: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        neighbours[edge.caller].append(edge.callee)
        neighbours[edge.callee].append(edge.caller)
    rows = {name: row for column in columns for row, name in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in columns:
            column.sort(key=lambda name: _middle(rows, neighbours[name], rows[name]))
            rows.update({name: row for row, name in enumerate(column)})
    return rows


def _middle(rows: Mapping[str, int], names: list[str], otherwise: int) -> float:
    return sum(rows[name] for name in names) / len(names) if names else otherwise


def _apart(edges: list[PlacedEdge], nodes: Iterable[tuple[float, float]]) -> list[PlacedEdge]:
    """Move the figures of edges down until they cover no node and no other figures."""
    taken = [(x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2, NODE_WIDTH, NODE_HEIGHT) for x, y in nodes]
    placed = []
    for edge in sorted(edges, key=lambda edge: (edge.y, edge.x)):
        y = edge.y
        for other_x, other_y, width, height in sorted(taken, key=lambda each: each[1]):
            reach = (PLATE_HEIGHT + height) / 2
            if abs(other_x - edge.x) < (PLATE_WIDTH + width) / 2 and abs(other_y - y) < reach:
                y = other_y + reach
        taken.append((edge.x, y, PLATE_WIDTH, PLATE_HEIGHT))
        placed.append(replace(edge, y=y))
    return placed


def _placed(edge: Edge, places: Mapping[str, tuple[float, float]]) -> PlacedEdge:
    (from_x, from_y), (to_x, to_y) = places[edge.caller], places[edge.callee]
    from_y, to_y = from_y + NODE_HEIGHT / 2, to_y + NODE_HEIGHT / 2
    if to_x > from_x:
        begin, end = from_x + NODE_WIDTH, to_x - 6
        middle = (begin + end) / 2
        passed = round((to_x - from_x) / _COLUMN) - 1  # columns that it goes by: below what stands in them
        bow = passed and _ROW * (0.5 + 0.45 * passed)
        path = f"M{begin} {from_y}C{middle} {from_y + bow} {middle} {to_y + bow} {end} {to_y}"
        return PlacedEdge(edge, path, middle, (from_y + to_y) / 2 + 0.75 * bow)  # where such a curve has its middle
    below = max(from_y, to_y) + _ROW * 0.6  # back to the left, or down its own column: in a curve below
    begin, end = from_x + NODE_WIDTH / 2, to_x + NODE_WIDTH / 2
    path = f"M{begin} {from_y + NODE_HEIGHT / 2}C{begin} {below} {end} {below} {end} {to_y + NODE_HEIGHT / 2 + 6}"
    return PlacedEdge(edge, path, (begin + end) / 2, below - _ROW * 0.15)
