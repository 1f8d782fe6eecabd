"""The template of a request's route."""

from __future__ import annotations

from typing import Any

from telemetry.asgi import Scope


def route_of(scope: Scope) -> str | None:
    """Return the route's template, such as ``/v1/users/{user_id}``; None when none matched.

    A route added by `include_router` has only its own path; FastAPI keeps the full one separately. The prefix that a
    mount removes is in the root path. An application that is mounted and has no routes, such as StaticFiles, has the
    template of its mount.
    """
    root_path: str = scope.get("root_path", "")
    prefix = root_path.removeprefix(scope.get("app_root_path", root_path))
    route = scope.get("route")
    if route is None:
        endpoint = scope.get("endpoint")
        return _mount_template(scope, prefix) if prefix and endpoint and not hasattr(endpoint, "routes") else None
    included = scope.get("fastapi", {}).get("effective_route_context")
    if included is not None and included.original_route is route:
        route = included.starlette_route or included
    path: str | None = getattr(route, "path_format", None) or getattr(route, "path", None)
    if path is None:
        return None
    if prefix and scope.get("path_params", {}).keys() - getattr(route, "param_convertors", {}).keys():
        prefix = _mount_template(scope, prefix)  # the mount has parameters
    return prefix + path


def _mount_template(scope: Scope, prefix: str) -> str:
    """Return the templates of the mounts that removed the prefix, from the outermost router inwards."""
    template, router = "", scope.get("router")
    while prefix:
        mount, rest = _mount(router, prefix)
        if mount is None:
            return template + prefix
        template += mount.path_format.removesuffix("/{path}")
        prefix, router = rest, mount
    return template


def _mount(router: Any, prefix: str) -> tuple[Any, str]:
    """Return the mount that matches the beginning of the prefix, and what is left of the prefix."""
    for each in getattr(router, "routes", ()):
        regex = getattr(each, "path_regex", None) if hasattr(each, "app") and hasattr(each, "routes") else None
        match = None if regex is None else regex.match(f"{prefix}/")
        if match is not None:
            left = match["path"].rstrip("/")
            return each, f"/{left}" if left else ""
    return None, prefix
