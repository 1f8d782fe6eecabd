"""The files are as recorded inside containers of each kind, with what does not matter left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.resource.detectors import container, host, process

ID = "3f8a1c0e5b7d92468ace13579bdf02468ace13579bdf02468ace13579bdf0246"

DOCKER_V1 = f"""12:pids:/docker/{ID}
11:cpuset:/docker/{ID}
1:name=systemd:/docker/{ID}
0::/system.slice/containerd.service
"""
SYSTEMD_V1 = f"1:name=systemd:/system.slice/docker-{ID}.scope\n"
KUBERNETES_V1 = f"11:memory:/kubepods/burstable/pod2b1f5e3c-6f0e-4d5a-8d2c-9a1b2c3d4e5f/{ID}\n"
CONTAINERD_V1 = (
    "11:memory:/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2b1f5e3c_6f0e.slice/"
    f"cri-containerd-{ID}.scope\n"
)
CRIO_V1 = f"4:cpu:/kubepods.slice/kubepods-pod2b1f.slice/crio-{ID}.scope\n"
CONTAINERD_COLON = f"10:pids:/system.slice/containerd.service/kubepods-pod2b1f.slice:cri-containerd:{ID}\n"
ECS_V1 = "9:perf_event:/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-2532725867\n"
PODMAN_V2 = f"0::/machine.slice/libpod-{ID}.scope\n"
BARE_V1 = "12:pids:/user.slice/user-1000.slice\n1:name=systemd:/init.scope\n"
PRIVATE_V2 = "0::/\n"

DOCKER_MOUNTS = f"""1024 1023 0:122 / /proc rw,nosuid - proc proc rw
1030 1022 259:1 /var/lib/docker/containers/{ID}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/root rw
1031 1022 259:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw,relatime - ext4 /dev/root rw
"""
PODMAN_MOUNTS = (
    f"811 783 0:24 /containers/storage/overlay-containers/{ID}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n"
)
CONTAINERD_MOUNTS = (
    f"1 2 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{ID}/hostname /etc/hostname rw,relatime - "
    "ext4 /dev/sda rw\n"
)


@pytest.mark.parametrize(
    ("cgroup", "mountinfo", "found"),
    [
        (DOCKER_V1, "", ID),
        (SYSTEMD_V1, "", ID),
        (KUBERNETES_V1, "", ID),
        (CONTAINERD_V1, "", ID),
        (CRIO_V1, "", ID),
        (CONTAINERD_COLON, "", ID),
        (ECS_V1, "", "0123456789abcdef0123456789abcdef-2532725867"),
        (PODMAN_V2, "", ID),
        (PRIVATE_V2, DOCKER_MOUNTS, ID),
        (PRIVATE_V2, PODMAN_MOUNTS, ID),
        (PRIVATE_V2, CONTAINERD_MOUNTS, None),
        (BARE_V1, "", None),
        (PRIVATE_V2, "", None),
        ("", "", None),
        (f"0::/a{ID}\n", f"1 2 3 /home/{ID}/x /y\n", None),
    ],
)
def test_a_containers_id_is_read_from_its_groups_or_its_mounts(
    tmp_path: Path, cgroup: str, mountinfo: str, found: str | None
) -> None:
    (tmp_path / "cgroup").write_text(cgroup)
    (tmp_path / "mountinfo").write_text(mountinfo)

    assert container(tmp_path) == ({} if found is None else {"container.id": found})


def test_without_such_files_there_is_no_container(tmp_path: Path) -> None:
    assert container(tmp_path) == {}


@given(cgroup=st.binary(max_size=500))
def test_any_file_is_read_without_fail(tmp_path_factory: pytest.TempPathFactory, cgroup: bytes) -> None:
    folder = tmp_path_factory.mktemp("proc")
    (folder / "cgroup").write_bytes(cgroup)

    assert container(folder).keys() <= {"container.id"}


@pytest.mark.parametrize(
    ("machine", "arch"),
    [("x86_64", "amd64"), ("aarch64", "arm64"), ("AMD64", "amd64"), ("armv7l", "arm32"), ("riscv64", "riscv64")],
)
def test_a_host_is_named_as_the_convention_does(machine: str, arch: str) -> None:
    uname = SimpleNamespace(sysname="Darwin", nodename="mac", machine=machine)

    assert host(uname) == {"host.name": "mac", "host.arch": arch, "os.type": "darwin"}


def test_a_process_tells_its_runtime_and_none_of_its_arguments() -> None:
    attributes = process(7, "/opt/venv/bin/python3.11")

    assert attributes["process.pid"] == 7
    assert attributes["process.executable.name"] == "python3.11"
    assert attributes["process.runtime.name"] == "cpython"
    assert not [name for name in attributes if "arg" in name or "command" in name]
