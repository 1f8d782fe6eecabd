"""A service of two methods that the faults of a catalogue of its own are wired into, over real gRPC and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from chassis.database.engine import Database
from faults.catalogue import Catalogue, parse
from faults.flags import EVERYBODY, Audience, FlagFile
from faults.settings import FaultSettings
from faults.wiring import fault_interceptors
from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure, use_tenant

if TYPE_CHECKING:
    ServicerContext = aio.ServicerContext[bytes, bytes]

ROWS = Table("rows", MetaData(), Column("id", Integer, primary_key=True))

FAULT = """\
- id: {id}
  title: A title
  does: Something wrong
  inject: {{service: test, {inject}}}
  request: {{method: GET, path: /}}
  answer: {{status: 200}}
  error: null
  trace: null
  root_cause: null
  metric: null
  alert: null
"""


def catalogue_of(**injected: str) -> Catalogue:
    """Make a catalogue of faults of the test service, by the id of each the words after ``inject: service``."""
    faults = "".join(FAULT.format(id=fault_id, inject=inject) for fault_id, inject in injected.items())
    return parse("faults:\n" + faults)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(exporter: InMemorySpanExporter) -> Iterator[Telemetry]:
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[SimpleSpanProcessor(exporter)]) as telemetry:
        yield telemetry


@pytest.fixture
async def database(tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", telemetry, pool_size=1)
    async with database.engine.begin() as connection:
        await connection.run_sync(ROWS.metadata.create_all)
        await connection.execute(insert(ROWS), [{"id": number} for number in range(3)])
    yield database
    await database.close()


class Service:
    """The test service: `Unary` reads the rows and answers with their number, `Stream` answers three times."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unary(self, _request: bytes, _context: ServicerContext) -> bytes:
        async with self._database.transaction() as connection:
            rows = (await connection.execute(select(ROWS))).all()
        return str(len(rows)).encode()

    async def stream(self, _request: bytes, _context: ServicerContext) -> AsyncIterator[bytes]:
        for number in range(3):
            yield str(number).encode()

    async def stream_unary(self, requests: AsyncIterator[bytes], _context: ServicerContext) -> bytes:
        return b"".join([request async for request in requests])

    def handler(self) -> grpc.GenericRpcHandler:
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "Other": grpc.unary_unary_rpc_method_handler(self.unary),
            "Stream": grpc.unary_stream_rpc_method_handler(self.stream),
            "Upload": grpc.stream_unary_rpc_method_handler(self.stream_unary),
        }
        return grpc.method_handlers_generic_handler("test.v1.Test", methods)


class Wired:
    """The test service, running with its faults.

    Attributes:
        channel: Leads to it, as the tenant "acme".
        flags: What is on.
    """

    def __init__(self, channel: aio.Channel, flags: FlagFile, exporter: InMemorySpanExporter) -> None:
        self.channel = channel
        self.flags = flags
        self._exporter = exporter

    def on(self, fault_id: str, audience: Audience = EVERYBODY) -> None:
        self.flags.switch({fault_id: audience})

    async def call(self, method: str = "Unary", tenant: str = "acme") -> bytes:
        with use_tenant(tenant):
            stub: Any = self.channel.unary_unary(f"/test.v1.Test/{method}")
            answer: bytes = await stub(b"")
        return answer

    async def ended(self, name: str) -> ReadableSpan:
        """Wait for the first span of a name to end: the server hears by itself that its caller has left."""
        async with asyncio.timeout(5):
            while not self.spans(name):  # noqa: ASYNC110  an exporter sets no event
                await asyncio.sleep(0.01)
        return self.spans(name)[0]

    def spans(self, name: str) -> list[ReadableSpan]:
        """Give the server's and the database's spans of a name, in the order in which they ended."""
        spans = self._exporter.get_finished_spans()
        return [span for span in spans if span.name == name and not _is_call_made(span)]


def _is_call_made(span: ReadableSpan) -> bool:
    return span.kind.name == "CLIENT" and "rpc.method" in (span.attributes or {})


Wire = Callable[..., Any]


@pytest.fixture
async def wire(
    tmp_path: Path, telemetry: Telemetry, database: Database, exporter: InMemorySpanExporter
) -> AsyncIterator[Wire]:
    """Give a function that starts the service with the faults of `catalogue_of`."""
    running: list[tuple[aio.Server, aio.Channel]] = []

    async def start(**injected: str) -> Wired:
        catalogue = catalogue_of(**injected)
        flags = FlagFile(tmp_path / "flags.json", catalogue.flags)
        flags.clear()
        settings = FaultSettings(flags=flags.path)
        more = fault_interceptors(settings, telemetry, database, catalogue)
        server = aio.server(interceptors=[*telemetry.server_interceptors(), *more])
        server.add_generic_rpc_handlers([Service(database).handler()])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        channel = telemetry.channel(f"127.0.0.1:{port}", retryable=["test.v1.Test/Unary"])
        running.append((server, channel))
        return Wired(channel, flags, exporter)

    yield start
    for server, channel in running:
        await channel.close()
        await server.stop(None)
