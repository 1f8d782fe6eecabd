"""Processes that fork, servers of several workers: each exports its own spans, once, as an instance of its own."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOCOLS = ["grpc", "http/protobuf"]

PARENT = """
import multiprocessing, os, sys
from telemetry import BatchConfig, ExporterConfig, TelemetryConfig, configure

endpoint, protocol, method = sys.argv[1:]
config = TelemetryConfig(
    service_name="forked",
    exporter=ExporterConfig(endpoint=endpoint, protocol=protocol),
    batch=BatchConfig(schedule_delay=60),
)


def work(telemetry, name):
    with telemetry.tracer("tests").start_as_current_span(f"{name} {os.getpid()}"):
        pass


def inherit():
    work(telemetry, "child")
    assert telemetry.export_counts[0].ended == 1, telemetry.export_counts
    telemetry.shutdown()
    assert telemetry.export_counts[0].exported == 1, telemetry.export_counts


def make_own():
    with configure(config) as own:
        work(own, "child")


if __name__ == "__main__":
    telemetry = configure(config)
    BEFORE
    work(telemetry, "queued")
    context = multiprocessing.get_context(method)
    for target in (inherit, make_own) if method == "fork" else (make_own, make_own):
        child = context.Process(target=target)
        child.start()
        child.join(30)
        assert child.exitcode == 0, child.exitcode
    work(telemetry, "after")
    telemetry.shutdown()
    assert telemetry.export_counts[0].exported == telemetry.export_counts[0].ended, telemetry.export_counts
"""


def seen(collector: Any) -> list[tuple[str, Any, Any]]:
    """Give name, process and instance of each span that came."""
    found = []
    for _path, _headers, body in collector.requests:
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = {each.key: each.value for each in sent.resource.attributes}
            process, instance = resource["process.pid"].int_value, resource["service.instance.id"].string_value
            found += [(span.name, process, instance) for scope in sent.scope_spans for span in scope.spans]
    return found


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_each_process_exports_its_own_spans_once(
    http_collector: Any, grpc_collector: Any, protocol: str, method: str, tmp_path: Path
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    program = tmp_path / "program.py"
    program.write_text(PARENT.replace("BEFORE", ""))
    run(program, collector.endpoint, protocol, method)

    spans = seen(collector)
    assert sorted(name.split()[0] for name, _process, _instance in spans) == ["after", "child", "child", "queued"]
    assert all(name.split()[1] == str(process) for name, process, _instance in spans)
    assert len({process for _name, process, _instance in spans}) == 3
    assert len({instance for _name, _process, instance in spans}) == 3


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fork_of_a_process_that_has_exported_already_has_connections_of_its_own(
    http_collector: Any, grpc_collector: Any, protocol: str, tmp_path: Path
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    program = tmp_path / "program.py"
    program.write_text(PARENT.replace("BEFORE", 'work(telemetry, "before"); assert telemetry.force_flush()'))
    run(program, collector.endpoint, protocol, "fork")

    names = Counter(name.split()[0] for name, _process, _instance in seen(collector))
    assert names == {"before": 1, "queued": 1, "child": 2, "after": 1}


def test_a_fork_in_the_middle_of_the_work_of_many_threads_neither_hangs_nor_repeats(
    http_collector: Any, run_python: Any
) -> None:
    result = run_python(
        """
import os, sys, threading, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of a fork with threads; that it goes well is what is tested
from telemetry import BatchConfig, ExporterConfig, TelemetryConfig, configure
config = TelemetryConfig(
    service_name="forked", exporter=ExporterConfig(endpoint=sys.argv[1]), batch=BatchConfig(schedule_delay=0.001)
)
telemetry = configure(config)
tracer = telemetry.tracer("tests")
stop = threading.Event()
def work():
    while not stop.wait(0.0005):
        tracer.start_span(f"parent {os.getpid()}").end()
threads = [threading.Thread(target=work) for _thread in range(4)]
for thread in threads: thread.start()
for number in range(10):
    child = os.fork()
    if not child:
        tracer.start_span(f"child {os.getpid()}").end()
        telemetry.shutdown(5)
        os._exit(0 if telemetry.export_counts[0].exported == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for thread in threads: thread.join()
telemetry.shutdown(5)
assert telemetry.export_counts[0].pending == 0
""",
        http_collector.endpoint,
    )

    assert result.returncode == 0, result.stderr
    spans = seen(http_collector)
    assert sum(name.startswith("child") for name, _process, _instance in spans) == 10
    assert all(name.split()[1] == str(process) for name, process, _instance in spans)


def test_all_signals_of_a_forked_child_tell_the_same_instance(http_collector: Any, run_python: Any) -> None:
    result = run_python(
        """
import logging, os, sys
from telemetry import ExporterConfig, LogsConfig, MetricsConfig, TelemetryConfig, configure
exporter = ExporterConfig(endpoint=sys.argv[1])
config = TelemetryConfig(
    service_name="forked",
    exporter=exporter,
    metrics=MetricsConfig(exporter=exporter),
    logs=LogsConfig(exporter=exporter),
)
telemetry = configure(config)
logger = logging.getLogger("tests")
telemetry.capture_logs(logger)
counter = telemetry.meter_provider.get_meter("tests").create_counter("things")

def work():
    with telemetry.tracer("tests").start_as_current_span("work"):
        logger.warning("done")
        counter.add(1)

work()
child = os.fork()
if not child:
    work()
    telemetry.shutdown(5)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
telemetry.shutdown(5)
""",
        http_collector.endpoint,
    )

    assert result.returncode == 0, result.stderr
    instances: dict[int, set[str]] = {}
    told: Counter[tuple[str, int]] = Counter()
    for path, _headers, body in http_collector.requests:
        for resource in resources(path, body):
            attributes = {each.key: each.value for each in resource.attributes}
            process = attributes["process.pid"].int_value
            told[path, process] += 1
            instances.setdefault(process, set()).add(attributes["service.instance.id"].string_value)
    assert len(instances) == 2
    assert len(told) == 6
    assert all(len(each) == 1 for each in instances.values())
    assert len(set[str]().union(*instances.values())) == 2


def resources(path: str, body: bytes) -> list[Any]:
    """Give the resources of a request of any signal."""
    if path == "/v1/traces":
        return [each.resource for each in ExportTraceServiceRequest.FromString(body).resource_spans]
    if path == "/v1/metrics":
        return [each.resource for each in ExportMetricsServiceRequest.FromString(body).resource_metrics]
    return [each.resource for each in ExportLogsServiceRequest.FromString(body).resource_logs]


def run(program: Path, *arguments: str) -> None:
    result = subprocess.run(  # noqa: S603  the tests' own program
        [sys.executable, str(program), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
