"""The route that a request took, by its template."""

from __future__ import annotations

from telemetry.asgi import Scope


def route_of(scope: Scope) -> str | None:
    """Give the route's template, such as ``/v1/users/{user_id}``; None when none matched.

    A route that came by `include_router` tells its own path alone; FastAPI keeps the whole one beside it. What a mount
    took off the path stands in the root path.
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
