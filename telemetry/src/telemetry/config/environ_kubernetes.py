"""The ``K8S_*`` variables, which a manifest fills from the downward API (``fieldRef: metadata.name`` and so on)."""

from __future__ import annotations

from collections.abc import Mapping

from telemetry import semconv

# Variable → attribute.
VARIABLES = {
    "K8S_CLUSTER_NAME": semconv.K8S_CLUSTER_NAME,
    "K8S_NAMESPACE_NAME": semconv.K8S_NAMESPACE_NAME,
    "K8S_NODE_NAME": semconv.K8S_NODE_NAME,
    "K8S_POD_NAME": semconv.K8S_POD_NAME,
    "K8S_POD_UID": semconv.K8S_POD_UID,
    "K8S_CONTAINER_NAME": semconv.K8S_CONTAINER_NAME,
    "K8S_DEPLOYMENT_NAME": semconv.K8S_DEPLOYMENT_NAME,
}


def kubernetes_from_env(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that the variables set."""
    return {attribute: value for name, attribute in VARIABLES.items() if (value := environ.get(name, "").strip())}
