from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def seen(collector: Any) -> list[tuple[str, Any, Any]]:
    """Give name, process and instance of each span that came."""
    found = []
    for _path, _headers, body in collector.requests:
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = {each.key: each.value for each in sent.resource.attributes}
            process, instance = resource["process.pid"].int_value, resource["service.instance.id"].string_value
            found += [(span.name, process, instance) for scope in sent.scope_spans for span in scope.spans]
    return found


GUNICORN = ["gunicorn", "--workers", "2", "--bind", "fd://FD", "-k", "uvicorn_worker.UvicornWorker"]


PROTOCOLS = ["grpc", "http/protobuf"]


APPLICATION = """
import os
from telemetry import TelemetryConfig, configure

telemetry = configure(TelemetryConfig.from_env(os.environ, service_name="served"))


async def answer(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await telemetry.ashutdown(2.0)
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})


app = telemetry.asgi(answer)
"""


SERVERS = {
    "uvicorn": ["uvicorn", "--workers", "2", "--fd", "FD", "--no-access-log", "application:app"],
    "gunicorn": [*GUNICORN, "application:app"],
    "gunicorn, loaded before it forks": [*GUNICORN, "--preload", "application:app"],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("server", list(SERVERS))
def test_the_spans_of_every_worker_of_a_server_arrive(
    http_collector: Any, grpc_collector: Any, protocol: str, server: str, tmp_path: Path
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    answered: Counter[int] = Counter()
    with serving(SERVERS[server], collector.endpoint, protocol, tmp_path) as url:
        while len(answered) < 2 and answered.total() < 2000:
            answered[int(httpx.get(f"{url}/work", timeout=10).text)] += 1

    assert len(answered) == 2
    spans = seen(collector)
    assert Counter(process for _name, process, _instance in spans) == answered
    assert len({instance for _name, _process, instance in spans}) == 2


@contextmanager
def serving(command: list[str], endpoint: str, protocol: str, folder: Path) -> Iterator[str]:
    """Run the server on a port of its own until the end; it must stop within 10 s and say nothing is wrong."""
    (folder / "application.py").write_text(APPLICATION)
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
        "PYTHONPATH": str(folder),
    }
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
        os.set_inheritable(listener.fileno(), True)  # noqa: FBT003  a positional parameter
        parts = [part.replace("FD", str(listener.fileno())) for part in command]
        process = subprocess.Popen(  # noqa: S603  the tests' own program
            [sys.executable, "-m", *parts],
            env=os.environ | settings,
            cwd=folder,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in log.read_text(), log.read_text()
    assert "not exported" not in log.read_text()
