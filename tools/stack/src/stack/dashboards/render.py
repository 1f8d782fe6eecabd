"""How a dashboard becomes what Grafana reads."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard, logs, loki, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataSourceRef, VariableRefresh

from stack.dashboards.boards import Board, Panel, Query

_PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
_LOKI = DataSourceRef(type_val="loki", uid="loki")
_HEIGHT = 8  # of a panel, in Grafana's rows
_SERVICES = "label_values(rpc_server_call_duration_seconds_count, job)"

_AnyPanel = timeseries.Panel | stat.Panel | logs.Panel


def render(board: Board) -> str:
    """Give a dashboard as the JSON that Grafana provisions; the same for the same board."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .tags(["throughline"])
        .time("now-30m", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
    )
    if board.by_service:
        made.with_variable(
            dashboard.QueryVariable("service")
            .datasource(_PROMETHEUS)
            .query(_SERVICES)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        )
    for panel in board.panels:
        made.with_panel(_panel(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _panel(panel: Panel) -> _AnyPanel:
    made: _AnyPanel
    match panel.kind:
        case "logs":
            shown = logs.Panel().show_time(True).wrap_log_message(True).enable_log_details(True)  # noqa: FBT003  its way
            made = shown.datasource(_LOKI)
        case "number":
            made = stat.Panel().unit(panel.unit).datasource(_PROMETHEUS)
        case "graph":
            made = timeseries.Panel().unit(panel.unit).min(0).fill_opacity(10).datasource(_PROMETHEUS)
    made.title(panel.title).height(_HEIGHT).span(panel.width)
    for number, query in enumerate(panel.queries):
        made.with_target(_target(panel, query, chr(ord("A") + number)))
    return made


def _target(panel: Panel, query: Query, ref: str) -> prometheus.Dataquery | loki.Dataquery:
    if panel.kind == "logs":
        return loki.Dataquery().expr(query.text).ref_id(ref)
    asked = prometheus.Dataquery().expr(query.text).ref_id(ref).legend_format(query.legend).exemplar(query.exemplars)
    return asked.instant() if panel.kind == "number" else asked.range()
