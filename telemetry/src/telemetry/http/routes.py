"""The template of a request's route."""

from __future__ import annotations

from telemetry.asgi import Scope


def route_of(scope: Scope) -> str | None:
    """Return the route's template, such as ``/v1/users/{user_id}``; None when none matched.

    A route added by `include_router` has only its own path; FastAPI keeps the full one separately. The prefix that a
    mount removes is in the root path.
    """
    route = scope.get("route")
    if route is None:
        return None
    included = scope.get("fastapi", {}).get("effective_route_context")
    if included is not None and included.original_route is route:
        route = included.starlette_route or included
    path: str | None = getattr(route, "path_format", None) or getattr(route, "path", None)
    if path is None:
        return None
    root_path: str = scope.get("root_path", "")
    return root_path.removeprefix(scope.get("app_root_path", root_path)) + path
