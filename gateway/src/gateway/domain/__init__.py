"""What the edge speaks of, and what can go wrong, a module a service. The standard library alone."""

from gateway.domain.errors import (
    Conflict,
    Forbidden,
    GatewayError,
    InvalidInput,
    KeysUnavailable,
    NotFound,
    ServiceError,
    ServiceFailed,
    ServiceOverloaded,
    ServiceTimeout,
    ServiceUnavailable,
    Unauthenticated,
)
from gateway.domain.orders import Money, Order, OrderItem, OrderStatus, Placement
from gateway.domain.pages import Page
from gateway.domain.users import User

__all__ = [
    "Conflict",
    "Forbidden",
    "GatewayError",
    "InvalidInput",
    "KeysUnavailable",
    "Money",
    "NotFound",
    "Order",
    "OrderItem",
    "OrderStatus",
    "Page",
    "Placement",
    "ServiceError",
    "ServiceFailed",
    "ServiceOverloaded",
    "ServiceTimeout",
    "ServiceUnavailable",
    "Unauthenticated",
    "User",
]
