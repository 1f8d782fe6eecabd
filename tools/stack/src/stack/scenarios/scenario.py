"""Meets a fault of the catalogue: its request is sent while the stack has it, and its trace is fetched."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from time import monotonic

import httpx

from faults.catalogue import Fault
from faults.scenario import Prepared, Scenario
from stack.probes.readiness import until_answered, until_ready
from stack.scenarios.injection import Faulty
from stack.scenarios.verdict import Met
from stack.services import services
from tracetest import BackendError, Trace, TraceContext, TracedClient

# Seconds after which a trace that has not come by then does not come: services and collector send every 5 s.
_ABSENT_AFTER = 8.0
_POLL = 0.1
_SERVED = range(200, 500)  # nobody was missing, whatever the caller is told


class Meeting:
    """Meets faults.

    Args:
        faulty: The stack that may have them.
        client: Sends requests to its gateway, and knows where their traces are.
        scenario: Makes the requests.
    """

    def __init__(self, faulty: Faulty, client: TracedClient, scenario: Scenario) -> None:
        self._faulty = faulty
        self._client = client
        self._scenario = scenario

    async def meet(self, fault: Fault, *, on: bool = True) -> Met:
        """Send the fault's request, and fetch its trace.

        Args:
            fault: The fault.
            on: False sends what a well-behaved caller would, to a stack that has no fault.

        Raises:
            TraceNotWhole: A trace that the catalogue knows is not whole in time.
        """
        prepared = await self._scenario.prepare(fault, wrong=on)
        sent = self._client.new_context()
        async with self._faulty.having(fault) if on else nullcontext():
            response = await self._send(prepared, sent)
            trace_id = sent.trace_id if response is None else response.headers["x-trace-id"]
            trace = await self._trace(fault, trace_id, sent)
        return Met(fault, sent, prepared.tenant, response, trace)

    async def until_over(self, fault: Fault) -> None:
        """Wait until the gateway reaches all that it needs, and others what the fault had ended: they try each second.

        The fault's request tells, sent as a well-behaved caller would; nobody records its trace.

        Raises:
            NotInTimeError: They do not.
        """
        await until_ready(self._client.http)
        if fault.stops is None:
            return
        prepared = await self._scenario.prepare(fault, wrong=False)
        sent = self._client.new_context()
        headers = {"traceparent": f"00-{sent.trace_id}-{sent.span_id}-00", **prepared.headers}
        await until_answered(
            self._client.http, _SERVED, prepared.method, prepared.path, headers=headers, json=prepared.json
        )

    async def _send(self, prepared: Prepared, sent: TraceContext) -> httpx.Response | None:
        headers = {"traceparent": sent.traceparent, **prepared.headers}
        request = self._client.http.build_request(prepared.method, prepared.path, headers=headers, json=prepared.json)
        if prepared.leaves_after is None:
            return await self._client.http.send(request)
        try:
            async with asyncio.timeout(prepared.leaves_after):
                return await self._client.http.send(request)
        except TimeoutError:
            return None

    async def _trace(self, fault: Fault, trace_id: str, sent: TraceContext) -> Trace | None:
        if fault.trace is None:
            return await self._unless_absent(trace_id)
        down = [service.full_name for service in services() if service.name == fault.stops]
        return await self._client.finished(trace_id, sent.span_id, absent=down)

    async def _unless_absent(self, trace_id: str) -> Trace | None:
        """Give what arrives of a trace; None when nothing does, or nobody is there to be asked."""
        ends_at = monotonic() + _ABSENT_AFTER
        while monotonic() < ends_at:
            try:
                trace = await self._client.backend.fetch(trace_id)
            except BackendError:
                return None
            if trace is not None:
                return trace
            await asyncio.sleep(_POLL)
        return None
