from __future__ import annotations

import pytest

from telemetry.grpc.methods import Methods, ordinary_calls


def test_a_method_is_made_once() -> None:
    methods = Methods(ordinary_calls, {"server.address": "user"})
    method = methods.get("/shop.user.v1.UserService/GetUser")

    assert methods.get("/shop.user.v1.UserService/GetUser") is method
    assert methods.get(b"/shop.user.v1.UserService/GetUser") is method
    assert method.name == "shop.user.v1.UserService/GetUser"
    assert method.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": "shop.user.v1.UserService/GetUser",
        "server.address": "user",
    }


@pytest.mark.parametrize(
    ("path", "traced"),
    [
        ("/shop.user.v1.UserService/GetUser", True),
        ("/grpc.health.v1.Health/Check", False),
        ("/grpc.health.v1.Health/Watch", False),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", False),
        ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", False),
        ("/my.grpc.health.v1.Health/Check", True),
        ("", True),
        ("/", True),
        ("nonsense", True),
    ],
)
def test_health_checks_and_reflection_are_not_traced(path: str, traced: bool) -> None:  # noqa: FBT001
    assert Methods(ordinary_calls).get(path).traced is traced


def test_names_without_end_do_not_fill_the_memory() -> None:
    methods = Methods(ordinary_calls)
    for number in range(5000):
        assert methods.get(f"/made.Up/{number}").name == f"made.Up/{number}"

    assert len(methods._known) <= 1000
