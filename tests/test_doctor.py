"""The doctor beside a real trace store."""

from __future__ import annotations

import asyncio

from stack.jaeger.programs import Jaeger as JaegerProgram
from stack.trace_stores import ConsoleProgram
from telemetry.doctor import Ailment, examine


async def test_it_finds_its_own_trace_where_all_is_well(jaeger_program: JaegerProgram) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": jaeger_program.otlp_url}

    diagnosis = await asyncio.to_thread(examine, environ, jaeger_program.query_url, 30.0)

    assert [finding for finding in diagnosis.findings if finding.ailment is not None] == []
    assert any(finding.text.startswith("Jaeger has trace ") for finding in diagnosis.findings)


async def test_it_tells_when_the_collector_gives_the_trace_to_another_store(
    jaeger_program: JaegerProgram, console_program: ConsoleProgram
) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": console_program.otlp_url}

    diagnosis = await asyncio.to_thread(examine, environ, jaeger_program.query_url, 1.0)

    assert [finding.ailment for finding in diagnosis.findings if finding.ailment is not None] == [Ailment.TRACE]
