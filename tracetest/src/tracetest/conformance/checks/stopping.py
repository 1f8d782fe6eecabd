"""The end of a process: in time, with nothing lost, with or without a collector."""

from __future__ import annotations

from grpc import StatusCode

from tracetest.conformance.environment.ports import silent_port
from tracetest.conformance.environment.process import Process
from tracetest.conformance.errors import NotApplicable, require
from tracetest.conformance.fault_injection import hanging
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import Exchange
from tracetest.conformance.subject import Subject

_WITHIN = 8.0  # a container is killed ten seconds after it was asked to stop
_CALLS = 20
_IN_FLIGHT = 0.5  # seconds that a call still takes when the process is asked to stop
_NO_SLOWER = 1.0  # seconds
_LATER = {"OTEL_BSP_SCHEDULE_DELAY": "60000"}  # nothing is exported unless the process does it at its end
_SILENT_WITHIN = 3.0


def sigterm(subject: Subject) -> None:
    """Stop a process during a call: the call succeeds, and each span arrives."""
    with subject.start(_LATER) as (instance, process):
        method = instance.account.working[0]
        done = [instance.account.call(method) for _ in range(_CALLS)]
        last = _stopped_under_way(instance, process)
        code, seconds = process.wait(_WITHIN)
        problems = _not_ended(code, seconds)
        if last is not None and last.code is not StatusCode.OK:
            problems.append(f"a call that was under way ended with {last}: expected it to be finished")
        every = done if last is None else [*done, last]
        lost = [each for each in every if each.worked and instance.find_served(each, within=0.0) is None]
        if lost:
            problems.append(f"the spans of {len(lost)} of {len(every)} calls are lost")
        require(*problems)


def collector_gone(subject: Subject) -> None:
    """Give a process a collector that takes connections and never answers: calls do not notice, nor does its end."""
    with silent_port() as port:
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
        with subject.start(endpoint) as (instance, process):
            slow = [each for each in _calls_of(instance) if each.seconds > _NO_SLOWER or not each.worked]
            process.ask_to_stop()
            problems = _not_ended(*process.wait(_WITHIN))
    problems += [f"{each} took {each.seconds:.1f} s: expected it not to wait for the collector" for each in slow]
    require(*problems)


def _calls_of(instance: Instance) -> list[Exchange]:
    calls = []
    method = None
    for _ in range(_CALLS):
        method = method or instance.account.working[0]
        calls.append(instance.account.call(method, timeout=_SILENT_WITHIN))
        if calls[-1].seconds > _NO_SLOWER:
            break
    return calls


def _stopped_under_way(instance: Instance, process: Process) -> Exchange | None:
    """Ask the process to stop while a call is under way, where one can be made to wait; give how it ended."""
    try:
        with hanging(instance) as something:
            call = something.begin(_WITHIN)
            process.ask_to_stop()
            call.is_done(_IN_FLIGHT)
            something.let_go()
            return call.finish()
    except NotApplicable:
        process.ask_to_stop()
        return None


def _not_ended(code: int | None, seconds: float) -> list[str]:
    if code is None:
        return [f"the process still runs {seconds:.1f} s after SIGTERM: expected exit code 0 within {_WITHIN:g} s"]
    return [] if code == 0 else [f"the process ended with exit code {code} after SIGTERM: expected 0"]
