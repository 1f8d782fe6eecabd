"""Requests that the console sends to the gateway: an order, a failure of the catalogue, a load."""

from console.scenarios.load import Load, LoadBounds, LoadError
from console.scenarios.runner import Result, Runner
from console.scenarios.shop import Answered, Shop

__all__ = ["Answered", "Load", "LoadBounds", "LoadError", "Result", "Runner", "Shop"]
