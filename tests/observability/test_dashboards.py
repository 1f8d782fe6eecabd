from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import httpx
import pytest

from stack.dashboards.boards import BOARDS, Board, Panel, Query
from stack.dashboards.render import render
from stack.observability.queries import log_lines, series
from stack.probes.polling import until

WITHIN = 60.0  # seconds until a rate over the dashboards' window has two points
PANELS = [
    pytest.param(board, panel, query, id=f"{board.uid}-{panel.title}-{number}")
    for board in BOARDS
    for panel in board.panels
    for number, query in enumerate(panel.queries)
]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_grafana_is_given_every_query_of_a_dashboard(board: Board) -> None:
    made = json.loads(render(board))

    targets = [target for panel in made["panels"] for target in panel["targets"]]
    assert [target["expr"] for target in targets] == [query.text for panel in board.panels for query in panel.queries]
    assert {panel["datasource"]["uid"] for panel in made["panels"]} <= {"prometheus", "loki"}
    assert [variable["name"] for variable in made["templating"].get("list", [])] == ["service"] * board.by_service


@pytest.mark.parametrize(("board", "panel", "query"), PANELS)
async def test_a_query_has_an_answer_with_the_labels_that_are_shown(
    traffic: None,  # noqa: ARG001
    http: httpx.AsyncClient,
    board: Board,
    panel: Panel,
    query: Query,
) -> None:
    assert board.by_service == any("$service" in each.text for each in panel.queries)
    text = query.text.replace("$__rate_interval", "1m").replace("$service", "order")
    ask = partial(log_lines if panel.kind == "logs" else series, http, text)

    found: list[Any] = await until(ask, bool, WITHIN)

    shown = [re.findall(r"\w+", labels) for labels in re.findall(r"(?:\{\{\w+\}\})+", query.legend)]
    for labels, _ in found:  # of labels that stand together each line has one
        assert [names for names in shown if not any(labels.get(name) for name in names)] == []
