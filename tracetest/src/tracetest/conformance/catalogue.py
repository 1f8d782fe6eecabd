"""Every rule, with its reason. docs/reference/conformance.md shows the same table, and a test compares them."""

from __future__ import annotations

from tracetest.conformance.check import Check
from tracetest.conformance.checks import health, leaks, limits, outcomes, propagation, stopping, strangers, tenants

_W3C = "https://www.w3.org/TR/trace-context/"
_RPC = "https://opentelemetry.io/docs/specs/semconv/rpc/grpc/"
_GRPC = "https://grpc.io/docs/guides/"
_OWASP = "https://cheatsheetseries.owasp.org/cheatsheets/"
_KUBERNETES = "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"

CHECKS: tuple[Check, ...] = (
    Check(
        "trace-continued",
        "a service that starts traces of its own cuts each request in two",
        f"{_W3C}#traceparent-header",
        propagation.trace_continued,
    ),
    Check(
        "trace-passed-on",
        "what a call costs is in the services and databases behind it",
        f"{_W3C}#mutating-the-traceparent-field",
        propagation.trace_passed_on,
    ),
    Check(
        "tenant-passed-on",
        "one hop that forgets who a request is for, and nobody behind it can tell tenants apart",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        propagation.tenant_passed_on,
    ),
    Check(
        "tenant-required",
        "work for nobody is work for whoever asks",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        tenants.tenant_required,
    ),
    Check(
        "tenant-isolation",
        "one tenant's data shown to another is the worst that can happen to both",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        tenants.tenant_isolation,
    ),
    Check(
        "success-spans",
        "dashboards and alerts read names and attributes, and find nothing under others",
        _RPC,
        outcomes.success_spans,
    ),
    Check(
        "refusal-spans",
        "a caller's mistake that counts as an error wakes somebody who can do nothing about it",
        f"{_RPC}#grpc-status",
        outcomes.refusal_spans,
    ),
    Check(
        "failure-spans",
        "a failure that does not count as an error is heard of from customers",
        f"{_RPC}#grpc-status",
        outcomes.failure_spans,
    ),
    Check(
        "deadline-kept",
        "work that nobody waits for any more takes the place of work that somebody does",
        f"{_GRPC}deadlines/",
        limits.deadline_kept,
    ),
    Check(
        "deadline-passed-on",
        "a call that may take longer than its caller has is bound to be wasted",
        f"{_GRPC}deadlines/",
        limits.deadline_passed_on,
    ),
    Check(
        "cancellation-kept",
        "a caller who left is no failure, and wants nothing any more",
        f"{_GRPC}cancellation/",
        limits.cancellation_kept,
    ),
    Check(
        "cancellation-passed-on",
        "or all services behind go on for a caller who left",
        f"{_GRPC}cancellation/",
        limits.cancellation_passed_on,
    ),
    Check(
        "nothing-leaks",
        "stack traces, statements and addresses help an attacker, and credentials in traces are credentials given away",
        f"{_OWASP}Error_Handling_Cheat_Sheet.html",
        leaks.nothing_leaks,
    ),
    Check(
        "health",
        "what sends calls here asks first, as often as every second",
        f"{_GRPC}health-checking/",
        health.health,
    ),
    Check(
        "readiness",
        "calls that cannot be served go elsewhere, and a restart would not bring the database back",
        f"{_KUBERNETES}#types-of-probe",
        health.readiness,
    ),
    Check(
        "sigterm",
        "every roll-out ends a process: one that is killed loses calls, and the spans that tell of them",
        f"{_KUBERNETES}#pod-termination",
        stopping.sigterm,
    ),
    Check(
        "collector-gone",
        "telemetry that stops what it watches is worse than none",
        "https://opentelemetry.io/docs/specs/otel/error-handling/",
        stopping.collector_gone,
    ),
    Check(
        "metadata-fuzzed",
        "metadata is what strangers send",
        f"{_W3C}#processing-model",
        strangers.metadata_fuzzed,
    ),
    Check(
        "cardinality-bounded",
        "names and labels that callers can make up fill every store behind, and its bill",
        "https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits",
        strangers.cardinality_bounded,
    ),
)


def find(names: list[str]) -> tuple[Check, ...]:
    """Give the checks of these names, all of them for none; raise ValueError for a name that there is not."""
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no check: expected one of {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) or CHECKS
