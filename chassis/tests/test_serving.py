from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Any

import pytest
from grpc import StatusCode, aio
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chassis.health import check

SERVICE = "test.Service"
PROGRAM = """
import asyncio, sys
import grpc
from grpc import aio
from telemetry import ConfigError, ExporterConfig, TelemetryConfig, configure
from chassis.serving import serve

listen, endpoint, grace = sys.argv[1], sys.argv[2], float(sys.argv[3])

async def main():
    draining, running = asyncio.Event(), asyncio.Event()

    async def finish(request, context):  # ends once the server drains
        running.set()
        await draining.wait()
        return b"finished"

    async def watch(request, context):  # a stream that drains
        await running.wait()
        yield b"first"
        await draining.wait()
        yield b"last"

    async def stubborn(request, context):  # a stream that does not
        yield b"first"
        await asyncio.Event().wait()

    async def ready():
        pass

    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(endpoint=endpoint))
    telemetry = configure(config)
    server = telemetry.server()
    handlers = {
        "Finish": grpc.unary_unary_rpc_method_handler(finish),
        "Watch": grpc.unary_stream_rpc_method_handler(watch),
        "Stubborn": grpc.unary_stream_rpc_method_handler(stubborn),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
    await serve(
        server, listen, services=("test.Service",), telemetry=telemetry, ready=ready, on_drain=draining.set,
        started=lambda port: print(port, flush=True), grace=grace,
    )
    print("served", flush=True)

try:
    asyncio.run(main())
except ConfigError as error:
    sys.exit(str(error))
"""


class Program:
    """A server of its own, as a process."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    def terminate(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    async def output(self) -> list[str]:
        assert self.process.stdout is not None
        return (await self.process.stdout.read()).decode().splitlines()


Run = Callable[..., Awaitable[Program]]


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    processes: list[asyncio.subprocess.Process] = []

    async def start(endpoint: str, grace: float = 4.0) -> Program:
        process = await _spawn("127.0.0.1:0", endpoint, str(grace))
        processes.append(process)
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        return Program(process, f"127.0.0.1:{port}")

    yield start
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _spawn(*arguments: str) -> asyncio.subprocess.Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        PROGRAM,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_asked_to_stop_finishes_what_runs_and_exports_it(
    run: Run, http_collector: Any, number: int
) -> None:
    program = await run(http_collector.endpoint)
    async with aio.insecure_channel(program.address) as channel:
        finish: Any = channel.unary_unary("/test.Service/Finish")
        watch: Any = channel.unary_stream("/test.Service/Watch")
        running, stream = finish(b""), watch(b"")
        assert await stream.read() == b"first"
        started = monotonic()
        program.terminate(number)
        assert await running == b"finished"
        assert await stream.read() == b"last"
        assert await stream.read() is aio.EOF
    assert await program.process.wait() == 0

    assert monotonic() - started < 8
    assert await program.output() == ["served"]
    assert sorted(http_collector.names) == ["test.Service/Finish", "test.Service/Watch"]


async def test_a_server_that_stops_refuses_new_calls_and_cuts_what_does_not_end(run: Run, http_collector: Any) -> None:
    program = await run(http_collector.endpoint, grace=1.5)
    async with aio.insecure_channel(program.address) as channel:
        stubborn: Any = channel.unary_stream("/test.Service/Stubborn")
        stream = stubborn(b"")
        assert await stream.read() == b"first"
        program.terminate()
        async with asyncio.timeout(5):
            while await _code(program.address) is not StatusCode.UNAVAILABLE:
                pass
        assert not stream.done()
        with pytest.raises(aio.AioRpcError):
            await stream.read()
    assert await program.process.wait() == 0

    assert "test.Service/Stubborn" in http_collector.names


async def test_a_server_with_a_black_hole_for_a_collector_and_a_call_that_does_not_end_is_gone_within_eight_seconds(
    run: Run, black_hole: str
) -> None:
    program = await run(f"http://{black_hole}")
    async with aio.insecure_channel(program.address) as channel:
        stubborn: Any = channel.unary_stream("/test.Service/Stubborn")
        stream = stubborn(b"")
        assert await stream.read() == b"first"
        started = monotonic()
        program.terminate()
        async with asyncio.timeout(20):
            assert await program.process.wait() == 0

    assert monotonic() - started < 8


async def _code(address: str) -> StatusCode:
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary("/test.Service/Missing")
        code: StatusCode = await method(b"", timeout=0.2).code()  # one that comes at the very moment may hang
        return code


async def test_a_port_that_is_taken_is_one_clear_line(run: Run, http_collector: Any) -> None:
    first = await run(http_collector.endpoint)
    second = await _spawn(first.address, http_collector.endpoint, "1")
    _output, errors = await second.communicate()

    assert second.returncode == 1
    assert errors.decode().splitlines()[-1] == (
        f"LISTEN={first.address!r}: the address cannot be bound: is another program using the port?"
    )
    assert "Traceback" not in errors.decode()


async def test_a_server_tells_its_health_and_lists_its_services(run: Run, http_collector: Any) -> None:
    program = await run(http_collector.endpoint)
    async with aio.insecure_channel(program.address) as channel:
        async with asyncio.timeout(5):
            while not await check(channel, SERVICE):
                pass
        assert await check(channel)
        stub: Any = reflection_pb2_grpc.ServerReflectionStub
        reflected = stub(channel)

        async def requests() -> AsyncIterator[Any]:
            yield reflection_pb2.ServerReflectionRequest(list_services="")

        (answer,) = [response async for response in reflected.ServerReflectionInfo(requests())]

    assert [service.name for service in answer.list_services_response.service] == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        SERVICE,
    ]
