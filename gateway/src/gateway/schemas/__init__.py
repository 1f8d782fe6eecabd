"""The JSON of the interface: what is taken, strictly, and what is given, a module a resource."""

from gateway.schemas.base import VISIBLE_ASCII, Id
from gateway.schemas.orders import INT64_MAX, NewOrder, Order, OrderPage
from gateway.schemas.problems import FieldError, Health, Problem
from gateway.schemas.users import NewUser, User, UserPage

__all__ = [
    "INT64_MAX",
    "VISIBLE_ASCII",
    "FieldError",
    "Health",
    "Id",
    "NewOrder",
    "NewUser",
    "Order",
    "OrderPage",
    "Problem",
    "User",
    "UserPage",
]
