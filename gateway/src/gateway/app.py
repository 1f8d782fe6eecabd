"""The application: routes, problems and limits, put together."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI

from gateway.access import AccessLog
from gateway.backends import BACKENDS
from gateway.limits import BodyLimit
from gateway.openapi import describe
from gateway.policy import BearerPolicy
from gateway.problems import install_handlers
from gateway.routes import health
from gateway.services import Services
from telemetry import Telemetry
from telemetry.http import ASGIApp


def build_app(services: Services, policy: BearerPolicy, telemetry: Telemetry) -> ASGIApp:
    """Build the ASGI application.

    Args:
        services: What the routes work with.
        policy: Verifies tokens.
        telemetry: Traces each request, outermost.
    """
    app = FastAPI(
        title="Throughline gateway",
        version=version("throughline-gateway"),
        description="What a tenant has and does, over HTTP.",
        redirect_slashes=False,
        # telemetry.asgi makes the one span of a request.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.services = services
    install_handlers(app)
    describe(app)
    for router in (*(backend.router for backend in BACKENDS), health.router):
        app.include_router(router)
    limited = BodyLimit(app, seconds=services.request_timeout)
    return telemetry.asgi(AccessLog(limited) if telemetry.config.logs.access else limited, policy)
