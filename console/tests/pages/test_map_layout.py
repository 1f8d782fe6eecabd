from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.pages.map_layout import NODE_WIDTH, busiest, lay_out
from console.service_map import Edge, Node, NodeKind, ServiceMap


def drawn(*calls: str) -> ServiceMap:
    """Make a map of calls that are written as "caller callee"."""
    pairs = sorted({tuple(call.split()) for call in calls})
    names = sorted({name for pair in pairs for name in pair})
    return ServiceMap(
        nodes=[Node(name, NodeKind.SERVICE, len(names) - at, 0) for at, name in enumerate(names)],
        edges=[Edge(caller, callee, 1, 0, 1.0, 1, 1, 1) for caller, callee in pairs],
        seconds=1.0,
    )


def places(service_map: ServiceMap) -> dict[str, tuple[float, float]]:
    return {placed.node.name: (placed.x, placed.y) for placed in lay_out(service_map).nodes}


def test_an_empty_map_is_empty() -> None:
    layout = lay_out(ServiceMap([], [], 1.0))
    assert (layout.nodes, layout.edges) == ([], [])


def test_who_is_called_stands_to_the_right_of_all_that_call_it() -> None:
    at = places(drawn("gateway order", "gateway user", "order user", "user database"))
    assert at["gateway"][0] < at["order"][0] < at["user"][0] < at["database"][0]


def test_a_circle_has_a_beginning_all_the_same() -> None:
    at = places(drawn("edge a", "a b", "b a"))
    assert at["edge"][0] < at["a"][0] < at["b"][0]


def test_the_same_map_is_drawn_the_same_way() -> None:
    calls = ["a x", "b y", "c x", "c y"]
    assert places(drawn(*calls)) == places(drawn(*reversed(calls)))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"))))
def test_every_node_has_a_place_of_its_own_within_the_drawing(pairs: list[tuple[str, str]]) -> None:
    service_map = drawn(*(f"{caller} {callee}" for caller, callee in pairs))
    layout = lay_out(service_map)
    assert len({(placed.x, placed.y) for placed in layout.nodes}) == len(service_map.nodes)
    assert len(layout.edges) == len(service_map.edges)
    assert all(0 <= placed.x <= layout.width - NODE_WIDTH and placed.y >= 0 for placed in layout.nodes)
    assert all(placed.y < layout.height for placed in layout.edges)


def test_of_very_many_services_the_busiest_are_shown() -> None:
    shown = busiest(drawn(*(f"edge service-{number:03}" for number in range(500))))
    assert len(shown.nodes) == 40
    assert len(shown.edges) == 39
