from __future__ import annotations

import json
import sys
from threading import Thread
from time import process_time
from types import FrameType, ModuleType
from typing import Any

import pytest

from bench.profile import LOOP, Profile, package_of


def frames(*names: str) -> FrameType:
    """Give the innermost frame of functions of these modules, which call one another."""
    found: list[FrameType] = []
    call: Any = lambda: found.append(sys._getframe(1))  # noqa: E731
    for name in reversed(names):
        module = ModuleType(name)
        vars(module)["inner"] = call
        exec("def call(): inner()", vars(module))  # noqa: S102
        call = vars(module)["call"]
    thread = Thread(target=call)  # what is around them is the standard library's then
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize(
    ("names", "package"),
    [
        (("uvicorn.server", "telemetry.http.middleware", "fastapi.routing"), "fastapi"),
        (("uvicorn.server", "telemetry.http.middleware"), "telemetry.http"),
        (("grpc.aio._server", "opentelemetry.sdk.trace", "namedtuple_Point"), "opentelemetry.sdk"),
        (("fastapi.routing", "json.encoder", "enum"), "fastapi"),
        (("__main__", "asyncio.runners"), LOOP),
    ],
)
def test_time_is_that_of_the_innermost_package_which_is_not_the_standard_library(
    names: tuple[str, ...], package: str
) -> None:
    assert package_of(frames(*names)) == package


def test_a_profile_gives_shares() -> None:
    profile = Profile()
    profile.start()
    until = process_time() + 0.3
    while process_time() < until:
        json.dumps(list(range(100)))
    shares = profile.stop()

    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.__getitem__) == __name__.partition(".")[0]
