"""The JSON of health and of failures."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gateway.schemas.base import UUID_EXAMPLE, Output


class Health(Output):
    """What a health check says when all is well."""

    status: str = Field(examples=["ok"])


class FieldError(BaseModel):
    """What is wrong at one place of the request."""

    location: str = Field(examples=["body"], description="body, path, query or header.")
    pointer: str = Field(examples=["/items/0/quantity"], description="RFC 6901, from the location on.")
    detail: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """A failure (RFC 9457)."""

    type: str = Field(examples=["urn:throughline:problem:not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no such order"])
    instance: str = Field(examples=[f"/v1/orders/{UUID_EXAMPLE}"])
    trace_id: str | None = Field(default=None, examples=["0af7651916cd43dd8448eb211c80319c"])
    errors: list[FieldError] | None = None
