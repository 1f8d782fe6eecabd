from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from gateway import domain, schemas
from gateway.clients.user import UserClient
from gateway.edge import EdgeRoute
from gateway.openapi import bearer, read_problems, write_problems
from gateway.routes.parameters import Cursor, Limit, UserId
from gateway.services import Wired

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=EdgeRoute, dependencies=[Depends(bearer)])


@router.post("", status_code=201, response_model=schemas.User, responses=write_problems(409))
async def create_user(body: schemas.NewUser, services: Wired, response: Response) -> domain.User:
    """Create a user; 409 when the tenant has one with this e-mail address."""
    user = await services.of(UserClient).create(body.email, body.name)
    response.headers["Location"] = f"{router.prefix}/{user.user_id}"
    return user


@router.get("/{user_id}", response_model=schemas.User, responses=read_problems(404))
async def get_user(user_id: UserId, services: Wired) -> domain.User:
    """Give a user."""
    return await services.of(UserClient).get(user_id)


@router.get("", response_model=schemas.UserPage, responses=read_problems())
async def list_users(services: Wired, cursor: Cursor = None, limit: Limit = 20) -> domain.Page[domain.User]:
    """Give users, oldest first, a page at a time."""
    return await services.of(UserClient).list(limit=limit, cursor=cursor)
