"""The instrumentation of ASGI: one SERVER span per request or WebSocket connection (docs/adr/0003 says why).

Imports trace, metrics, context, edge and errors; setup may import it.
"""

from telemetry.asgi import ASGIApp, Message, Receive, Scope, Send
from telemetry.edge.policy import Edge, EdgePolicy, public
from telemetry.http.capture import Capture
from telemetry.http.middleware import TracingMiddleware
from telemetry.http.routes import route_of

__all__ = [
    "ASGIApp",
    "Capture",
    "Edge",
    "EdgePolicy",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "TracingMiddleware",
    "public",
    "route_of",
]
