from __future__ import annotations

from pathlib import Path

from telemetry import TelemetryConfig
from telemetry.config.environ_kubernetes import kubernetes_from_env
from telemetry.resource.kubernetes import kubernetes_from_files


def test_the_variables_of_the_downward_api_become_attributes() -> None:
    environ = {
        "K8S_CLUSTER_NAME": "eu-1",
        "K8S_NAMESPACE_NAME": "shop",
        "K8S_NODE_NAME": "node-7",
        "K8S_POD_NAME": "user-5d8f",
        "K8S_POD_UID": "0f6c",
        "K8S_CONTAINER_NAME": "user",
        "K8S_DEPLOYMENT_NAME": "user",
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    }

    assert kubernetes_from_env(environ) == {
        "k8s.cluster.name": "eu-1",
        "k8s.namespace.name": "shop",
        "k8s.node.name": "node-7",
        "k8s.pod.name": "user-5d8f",
        "k8s.pod.uid": "0f6c",
        "k8s.container.name": "user",
        "k8s.deployment.name": "user",
    }


def test_a_pod_that_passes_nothing_on_has_no_names() -> None:
    assert kubernetes_from_env({"K8S_POD_NAME": " ", "HOSTNAME": "user-5d8f"}) == {}


def test_the_files_of_a_downward_api_volume_become_attributes(tmp_path: Path) -> None:
    for name, content in {"name": "user-5d8f\n", "namespace": "shop", "uid": "", "labels": 'app="user"'}.items():
        (tmp_path / name).write_text(content)

    assert kubernetes_from_files(tmp_path) == {"k8s.pod.name": "user-5d8f", "k8s.namespace.name": "shop"}


def test_files_that_are_none_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    (tmp_path / "uid").write_bytes(b"\xff\xfe")

    assert kubernetes_from_files(tmp_path) == {}
    assert kubernetes_from_files(tmp_path / "missing") == {}


def test_the_variables_count_less_than_what_is_said_outright() -> None:
    environ = {"K8S_POD_NAME": "a", "K8S_NODE_NAME": "n", "OTEL_RESOURCE_ATTRIBUTES": "k8s.pod.name=b,k8s.node.name=m"}
    config = TelemetryConfig.from_env(environ, service_name="user", attributes={"k8s.node.name": "code"})

    assert config.attributes == {"k8s.pod.name": "b", "k8s.node.name": "code"}
