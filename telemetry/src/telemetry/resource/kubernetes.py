"""Where in Kubernetes the process runs, as the pod's manifest tells it by the downward API.

Nothing is guessed: a pod that does not pass its names on has none here. A manifest passes them as variables
(``fieldRef: metadata.name`` and so on) or as files of a ``downwardAPI`` volume mounted at ``/etc/podinfo``.
"""

from __future__ import annotations

from pathlib import Path

from telemetry import semconv

# File in the volume → attribute.
FILES = {"name": semconv.K8S_POD_NAME, "namespace": semconv.K8S_NAMESPACE_NAME, "uid": semconv.K8S_POD_UID}

_LONGEST = 253  # as long as a name of Kubernetes may be


def kubernetes_from_files(folder: Path) -> dict[str, str]:
    """Give the attributes out of a mounted ``downwardAPI`` volume; none when there is no such folder."""
    found = {}
    for name, attribute in FILES.items():
        try:
            with (folder / name).open(encoding="utf-8") as file:
                value = file.read(_LONGEST).strip()
        except (OSError, ValueError):
            continue
        if value:
            found[attribute] = value
    return found
