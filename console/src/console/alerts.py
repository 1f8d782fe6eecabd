"""``/api/alerts``: takes what Alertmanager's webhook sends, and gives what fires.

See https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.receive.body import BodyError, BodyReader
from console.store.alerts import Alert, AlertStore

_VERSION = "4"
_LONGEST_TEXT, _MOST_LABELS = 10_000, 100


class MalformedAlertsError(ValueError):
    """The body is not what Alertmanager sends; the message says why."""


class AlertsApi:
    """Takes alerts and gives them.

    Args:
        alerts: where they are kept.
        bodies: reads requests within bounds.
    """

    def __init__(self, alerts: AlertStore, bodies: BodyReader) -> None:
        self._alerts = alerts
        self._bodies = bodies

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            Route("/api/alerts", self.take, methods=["POST"]),
            Route("/api/alerts", self.give),
        ]

    async def take(self, request: Request) -> Response:
        """Take a notification; all of it or nothing."""
        try:
            async with self._bodies.read(request.stream(), request.headers.get("content-length")) as body:
                self._alerts.add(read_alerts(body))
        except MalformedAlertsError as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except BodyError as error:
            return JSONResponse({"error": str(error)}, error.status, error.headers)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        return JSONResponse({})

    async def give(self, _request: Request) -> Response:
        """Give all alerts, those that fire first; times are RFC 3339."""
        return JSONResponse({"alerts": [_written(alert) for alert in self._alerts.all()]})


def read_alerts(body: bytes) -> list[Alert]:
    """Read a notification.

    Raises:
        MalformedAlertsError: it is none.
    """
    try:
        return _alerts(json.loads(body))
    except MalformedAlertsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedAlertsError(f"not a notification of Alertmanager: {type(error).__name__}: {error}") from None


def _alerts(document: Mapping[str, Any]) -> list[Alert]:
    if document["version"] != _VERSION:
        raise MalformedAlertsError(f"version {document['version']!r}: expected {_VERSION!r}")
    return [_alert(each) for each in document["alerts"]]


def _alert(document: Mapping[str, Any]) -> Alert:
    status = document["status"]
    if status not in {"firing", "resolved"}:
        raise MalformedAlertsError(f"status {status!r}: expected firing or resolved")
    firing = status == "firing"
    return Alert(
        fingerprint=_text(document["fingerprint"]),
        firing=firing,
        labels=_texts(document["labels"]),
        annotations=_texts(document["annotations"]),
        starts_at=_time(document["startsAt"]),
        ends_at=None if firing else _time(document["endsAt"]),
    )


def _texts(pairs: Mapping[str, Any]) -> dict[str, str]:
    if len(pairs) > _MOST_LABELS:
        raise MalformedAlertsError(f"{len(pairs)} labels or annotations: at most {_MOST_LABELS} are taken")
    return {_text(key): _text(value) for key, value in pairs.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedAlertsError(f"expected a text, got {type(value).__name__}")
    if len(value) > _LONGEST_TEXT:
        raise MalformedAlertsError(f"a text of {len(value)} characters: at most {_LONGEST_TEXT} are taken")
    return value


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise MalformedAlertsError(f"time {text!r}: expected one with its zone")
    return moment


def _written(alert: Alert) -> dict[str, Any]:
    ends_at = None if alert.ends_at is None else alert.ends_at.isoformat()
    return asdict(alert) | {"starts_at": alert.starts_at.isoformat(), "ends_at": ends_at}
