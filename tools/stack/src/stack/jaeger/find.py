"""Finds a Jaeger: the one that JAEGER names, one in Docker, or one built from its pinned module."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from stack.jaeger.build import build_jaeger
from stack.jaeger.docker import docker_works
from stack.jaeger.programs import Jaeger, JaegerAddress, JaegerContainer, JaegerProgram
from stack.places import ROOT
from telemetry import ConfigError
from telemetry.settings.checks import http_url

_PULL_WITHIN = 300.0  # seconds

WITHOUT_JAEGER = """\
========================================================================================================
NO JAEGER: the end-to-end trace tests are SKIPPED. They need one of: JAEGER set to the address or the
program of one, a running Docker, or Go (https://go.dev), which builds the pinned version once.
========================================================================================================"""

Progress = Callable[[str], None]


def find_jaeger(progress: Progress) -> Jaeger | None:
    """Find a Jaeger, not started yet; None when this machine has no way to one.

    In this order: the address or the program that JAEGER names (with an address, JAEGER_OTLP says where spans go:
    port 4318 of the same host by default), a running Docker that has or gets the image, Go, which builds it once.

    Raises:
        ConfigError: JAEGER is wrong.
    """
    named = os.environ.get("JAEGER", "").strip()
    if named.startswith(("http://", "https://")):
        return _at_address(named)
    if named:
        return JaegerProgram(_program_file(named))
    return _indocker(progress) or _built(progress)


def _built(progress: Progress) -> Jaeger | None:
    program = build_jaeger(progress)
    return None if program is None else JaegerProgram(program)


def _at_address(named: str) -> Jaeger:
    http_url("JAEGER", named)
    otlp = os.environ.get("JAEGER_OTLP", "").strip() or f"http://{urlsplit(named).hostname}:4318"
    http_url("JAEGER_OTLP", otlp)
    return JaegerAddress(named, otlp)


def _program_file(named: str) -> Path:
    path = shutil.which(named)
    if path is None:
        raise ConfigError(f"JAEGER={named!r}: expected the address of a Jaeger, or the path of its program")
    return Path(path)


def _indocker(progress: Progress) -> Jaeger | None:
    if shutil.which("docker") is None or not docker_works("info"):
        return None
    image = compose_image("jaegertracing/jaeger")
    if not docker_works("image", "inspect", image):
        progress(f"pulling {image}")
        if not docker_works("pull", "--quiet", image, within=_PULL_WITHIN):
            progress("it cannot be pulled: building Jaeger instead")
            return None
    return JaegerContainer(image)


def compose_image(name: str) -> str:
    """Give the image with its tag as docker-compose.yml names it: the one place for its version."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found = re.search(rf"image:\s*({re.escape(name)}:\S+)", compose)
    if found is None:
        raise ConfigError(f"docker-compose.yml names no image {name}")
    return found[1]
