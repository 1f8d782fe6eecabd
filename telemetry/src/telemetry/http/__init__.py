"""The HTTP side: one SERVER span a request or WebSocket connection, as pure ASGI, outermost.

The stock ASGI instrumentation makes three spans a request, trusts every inbound context and writes old attribute names;
docs/adr/0003 tells what of it is used here and why the rest is not.
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
