from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from gateway import schemas
from gateway.openapi import problems
from gateway.problems import NOT_READY, problem_response
from gateway.services import Wired

router = APIRouter(tags=["health"])


@router.get("/livez", response_model=schemas.Health)
async def live() -> schemas.Health:
    """Tell that the process serves."""
    return schemas.Health(status="ok")


@router.get("/readyz", response_model=schemas.Health, responses=problems(503))
async def ready(request: Request, services: Wired) -> schemas.Health | Response:
    """Tell whether all that a request needs is there; else name what is not."""
    clients = services.clients.values()
    there = await asyncio.gather(*(client.is_ready() for client in clients))
    missing = [client.name for client, is_there in zip(clients, there, strict=True) if not is_there]
    if services.stopping.is_set():
        missing.append("gateway (stopping)")
    if missing:
        return problem_response(request.url.path, NOT_READY, f"not ready: {', '.join(missing)}")
    return schemas.Health(status="ok")
