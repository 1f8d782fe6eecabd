"""Input of untrusted callers: it breaks nothing, and cannot grow memory or metrics."""

from __future__ import annotations

import random
import secrets
import string
from collections import Counter, defaultdict
from collections.abc import Mapping
from time import monotonic, sleep

from grpc import StatusCode

from tracetest.conformance.environment.sink import Sink
from tracetest.conformance.errors import require
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import Metadata, new_tenant
from tracetest.conformance.rpc.reflection import Method
from tracetest.conformance.subject import Subject
from tracetest.names import TENANT_ID, is_tenant

_SEED = 20_260_101
_FUZZED = 100
_CARRIERS = ("traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-request-id", "user-agent-hint")
_BINARY = ("grpc-trace-bin", "traceparent-bin", "baggage-bin")
_CONTEXTS = (
    "00-00000000000000000000000000000000-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-zz",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "--",
)
_CRASHES = frozenset({StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.UNAVAILABLE, StatusCode.DATA_LOSS})
_CALLERS = 150
_AT_ONCE = 25
_EXPORTS_WITHIN = 5.0
_MADE_UP = "ConformanceMadeUp"


def metadata_fuzzed(subject: Subject) -> None:
    """Send what no client would, beside a call that works without it."""
    instance = subject.running
    method = instance.account.working[0]
    chance = random.Random(_SEED)  # noqa: S311  the same in each run
    problems = []
    for _ in range(_FUZZED):
        metadata = _nonsense(chance)
        request = instance.account.make_request(method).SerializeToString()
        exchange = instance.caller.begin(
            method, request, instance.account.tenant, metadata=metadata, traced=False
        ).finish()
        if exchange.code in _CRASHES:
            shown = ", ".join(f"{key}={value!r}"[:80] for key, value in metadata)
            problems.append(f"{exchange} with {shown}: expected metadata that cannot be read to count as not sent")
    after = instance.account.call(method)
    if not after.worked:
        problems.append(f"{after} after {_FUZZED} calls with nonsense: expected it to work as before")
    require(*problems[:5], f"and {len(problems) - 5} more" if len(problems) > 5 else "")  # noqa: PLR2004


def cardinality_bounded(subject: Subject) -> None:
    """Call as many tenants, for many ids, and unknown methods; count span names and label values."""
    instance = subject.running
    sink = instance.collecting()
    method = instance.account.working[0]
    _call_all(instance, [(method, new_tenant()) for _ in range(_CALLERS)])
    unknown = [_made_up(method) for _ in range(_CALLERS)]
    _call_all(instance, [(each, new_tenant()) for each in unknown])
    instance.served(instance.account.call(method))
    _await_metrics(sink)
    names = Counter(span.name for span in sink.spans)
    problems = []
    if len(names) >= _CALLERS:
        example = min(names, key=names.__getitem__)
        problems.append(f"there are {len(names)} names of spans, such as {example!r}: expected one a method")
    for label, values in _labels(sink).items():
        if len(values) >= _CALLERS:
            problems.append(
                f"{label} has {len(values)} values after as many calls, such as {max(values)!r}: expected a bound"
            )
    forged = {str(span.attributes.get(TENANT_ID, "a")) for span in sink.spans}
    problems += [f"a span is of tenant {each!r}, which is none" for each in forged if not is_tenant(each)]
    require(*problems)


def _nonsense(chance: random.Random) -> Metadata:
    metadata: list[tuple[str, str | bytes]] = []
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.2:  # noqa: PLR2004  one in five
            metadata.append((chance.choice(_BINARY), chance.randbytes(chance.randint(0, 64))))
            continue
        length = chance.choice((0, 1, 55, 200, 1500))
        text = "".join(chance.choices(string.ascii_letters + string.digits + string.punctuation + " ", k=length))
        key = chance.choice(_CARRIERS)
        metadata.append((key, chance.choice(_CONTEXTS) if chance.random() < 0.3 else text.strip()))  # noqa: PLR2004
    return metadata


def _made_up(method: Method) -> Method:
    name = f"{method.service}/{_MADE_UP}{secrets.token_hex(4)}"
    return Method(method.service, name, method.request, method.response, streams=False)


def _call_all(instance: Instance, calls: list[tuple[Method, str]]) -> None:
    for first in range(0, len(calls), _AT_ONCE):
        begun = [
            instance.caller.begin(method, instance.account.make_request(method).SerializeToString(), tenant)
            for method, tenant in calls[first : first + _AT_ONCE]
        ]
        for each in begun:
            each.finish()


def _await_metrics(sink: Sink) -> None:
    """Wait for two exports: the first one may have begun before the last call."""
    wanted, ends_at = sink.metrics_taken + 2, monotonic() + _EXPORTS_WITHIN
    while 0 < sink.metrics_taken < wanted and monotonic() < ends_at:
        sleep(0.05)


def _labels(sink: Sink) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for metric, series in sink.series.items():
        for labels in series:
            for name, value in labels.items():
                found[f"{metric} {name}"].add(value)
    return found
