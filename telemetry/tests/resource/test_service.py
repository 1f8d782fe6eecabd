from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from uuid import UUID

import pytest

from telemetry import TelemetryConfig
from telemetry.resource.service import Surroundings, make_resource, resource_after_fork


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    """Give a machine of which everything is known."""
    (tmp_path / "podinfo").mkdir()
    (tmp_path / "podinfo" / "name").write_text("user-1")
    (tmp_path / "cgroup").write_text(f"0::/docker/{'a' * 64}\n")
    return Surroundings(
        uname=SimpleNamespace(sysname="Linux", nodename="web-1", machine="x86_64"),
        pid=42,
        executable="/usr/bin/python3",
        proc=tmp_path,
        podinfo=tmp_path / "podinfo",
    )


def test_a_resource_tells_service_host_process_container_pod_and_sdk(surroundings: Surroundings) -> None:
    config = TelemetryConfig(service_name="user", service_version="1.2", environment="test")
    attributes = dict(make_resource(config, surroundings).attributes)

    assert UUID(str(attributes.pop("service.instance.id"))).version == 4
    assert attributes.pop("telemetry.sdk.version")
    assert attributes.pop("process.runtime.version")
    assert attributes.pop("process.runtime.description")
    assert attributes == {
        "service.name": "user",
        "service.version": "1.2",
        "deployment.environment.name": "test",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python",
        "host.name": "web-1",
        "host.arch": "amd64",
        "os.type": "linux",
        "process.pid": 42,
        "process.executable.name": "python3",
        "process.executable.path": "/usr/bin/python3",
        "process.runtime.name": "cpython",
        "container.id": "a" * 64,
        "k8s.pod.name": "user-1",
    }


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    surroundings = Surroundings(proc=tmp_path, podinfo=tmp_path)
    attributes = make_resource(TelemetryConfig(service_name="user"), surroundings).attributes

    assert attributes.keys().isdisjoint(
        {"service.version", "deployment.environment.name", "container.id", "k8s.pod.name"}
    )


def test_the_attributes_that_are_given_win(surroundings: Surroundings) -> None:
    given: dict[str, str | bool | int | float] = {
        "service.name": "other",
        "service.instance.id": "pod-1",
        "host.name": "other",
        "container.id": "other",
        "process.pid": 1,
        "k8s.pod.name": "other",
        "replicas": 3,
        "canary": True,
    }
    config = TelemetryConfig(service_name="user", attributes=given)
    resource = make_resource(config, surroundings)

    assert {name: resource.attributes[name] for name in given} == given
    assert {name: resource_after_fork(resource, config).attributes[name] for name in given} == given


def test_a_forked_child_is_another_instance_in_the_same_place(surroundings: Surroundings) -> None:
    config = TelemetryConfig(service_name="user")
    parent = make_resource(config, surroundings).attributes
    child = resource_after_fork(make_resource(config, surroundings), config).attributes

    assert child["process.pid"] == os.getpid()
    assert child["service.instance.id"] != parent["service.instance.id"]
    assert {name for name in parent if parent[name] != child[name]} == {"service.instance.id", "process.pid"}


def test_each_making_has_an_instance_of_its_own() -> None:
    config = TelemetryConfig(service_name="user")
    instances = {make_resource(config).attributes["service.instance.id"] for _making in range(3)}

    assert len(instances) == 3


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=shop")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "other")
    monkeypatch.setenv("K8S_POD_NAME", "user-1")

    attributes = make_resource(TelemetryConfig(service_name="user")).attributes
    assert attributes["service.name"] == "user"
    assert attributes.keys().isdisjoint({"team", "k8s.pod.name"})


def test_making_it_is_cheap() -> None:
    config = TelemetryConfig(service_name="user")

    def seconds() -> float:
        started = perf_counter()
        make_resource(config)
        return perf_counter() - started

    assert min(seconds() for _making in range(20)) < 0.005
