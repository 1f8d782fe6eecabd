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
        "a service that starts its own trace splits each request into two traces",
        f"{_W3C}#traceparent-header",
        propagation.trace_continued,
    ),
    Check(
        "trace-passed-on",
        "most of a request's time is spent in the services and databases behind it",
        f"{_W3C}#mutating-the-traceparent-field",
        propagation.trace_passed_on,
    ),
    Check(
        "tenant-passed-on",
        "if one hop drops the tenant, no service behind it can separate tenants",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        propagation.tenant_passed_on,
    ),
    Check(
        "tenant-required",
        "a call without a tenant must not reach any tenant's data",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        tenants.tenant_required,
    ),
    Check(
        "tenant-isolation",
        "one tenant's data must never reach another tenant",
        f"{_OWASP}Multi_Tenant_Security_Cheat_Sheet.html",
        tenants.tenant_isolation,
    ),
    Check(
        "success-spans",
        "dashboards and alerts query these names and attributes",
        _RPC,
        outcomes.success_spans,
    ),
    Check(
        "refusal-spans",
        "a caller's mistake counted as a server error causes alerts that the operator cannot act on",
        f"{_RPC}#grpc-status",
        outcomes.refusal_spans,
    ),
    Check(
        "failure-spans",
        "a failure that is not counted as an error is found by customers first",
        f"{_RPC}#grpc-status",
        outcomes.failure_spans,
    ),
    Check(
        "deadline-kept",
        "work after the deadline takes capacity from requests that can still succeed",
        f"{_GRPC}deadlines/",
        limits.deadline_kept,
    ),
    Check(
        "deadline-passed-on",
        "a call that outlives its caller's deadline is wasted work",
        f"{_GRPC}deadlines/",
        limits.deadline_passed_on,
    ),
    Check(
        "cancellation-kept",
        "a cancelled call is not a failure, and its result is not needed",
        f"{_GRPC}cancellation/",
        limits.cancellation_kept,
    ),
    Check(
        "cancellation-passed-on",
        "otherwise the services behind keep working after the caller has cancelled",
        f"{_GRPC}cancellation/",
        limits.cancellation_passed_on,
    ),
    Check(
        "nothing-leaks",
        "stack traces, statements and addresses help attackers, and credentials in traces are exposed credentials",
        f"{_OWASP}Error_Handling_Cheat_Sheet.html",
        leaks.nothing_leaks,
    ),
    Check(
        "health",
        "load balancers and orchestrators check health, as often as every second",
        f"{_GRPC}health-checking/",
        health.health,
    ),
    Check(
        "readiness",
        "calls go to instances that can serve them, and a restart does not repair a database",
        f"{_KUBERNETES}#types-of-probe",
        health.readiness,
    ),
    Check(
        "sigterm",
        "every rollout stops processes, and a process that is killed loses calls and their spans",
        f"{_KUBERNETES}#pod-termination",
        stopping.sigterm,
    ),
    Check(
        "collector-gone",
        "telemetry must never stop the service that it observes",
        "https://opentelemetry.io/docs/specs/otel/error-handling/",
        stopping.collector_gone,
    ),
    Check(
        "metadata-fuzzed",
        "metadata comes from untrusted callers",
        f"{_W3C}#processing-model",
        strangers.metadata_fuzzed,
    ),
    Check(
        "cardinality-bounded",
        "names and labels that callers can invent fill storage without a limit",
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
