"""The catalogue as a page of the documentation: ``python -m faults.document [--check] FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from faults.actions import Action
from faults.catalogue import Caller, Catalogue, Fault, Metric, load

_INTRODUCTION = """\
# What can go wrong

Every failure that the stack can inject, with the response, the trace and the metrics that it must produce.
`faults/src/faults/catalogue.yaml` is the only source: the injection, the tests in `tests/faults/`, the demo's menu and
this page are generated from it. `make failures` writes this page.

## Switching a failure on

A failure that the caller causes needs only its request. The others need services that run with `FAULTS=1`, and with
`FAULT_FLAGS` set to a file of flags ([flagd's format](https://flagd.dev/reference/flag-definitions/), read
through [OpenFeature](https://openfeature.dev)). Without `FAULTS=1`, services contain no injection code, and
`FAULT_FLAGS` alone is an error at start. A changed flag takes effect with the next call. The event
`feature_flag.evaluation` records each evaluation in the trace.

Without Docker, `FAULTS=1 make demo` has a menu of the failures. With Docker:

```
.venv/bin/python -m faults off
docker compose --file docker-compose.yml --file deploy/faults.yaml up --build --detach --wait
.venv/bin/python -m faults on user-slow
.venv/bin/python -m faults on user-flaky --tenant acme --share 0.2
.venv/bin/python -m faults off
```

`--tenant` and `--instance` (a `service.instance.id`) restrict a failure. `--share` applies it to a part of the traces:
within one trace, all services decide the same way.

## All of them

| failure | answer | class, severity | began in | alert |
| --- | --- | --- | --- | --- |
"""


def main(arguments: Sequence[str]) -> int:
    """Write the page, or check that it is up to date; give the exit code."""
    parser = argparse.ArgumentParser(prog="faults.document", description="Write the catalogue as a page.")
    parser.add_argument("--check", action="store_true", help="do not write; fail when the page is not up to date")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    text = render(load())
    if not given.check:
        given.file.write_text(text, encoding="utf-8")
        return 0
    if given.file.exists() and given.file.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{given.file} is not what faults/src/faults/catalogue.yaml says: run make failures\n")
    return 1


def render(catalogue: Catalogue) -> str:
    """Give the page, in Markdown."""
    return _INTRODUCTION + "".join(map(_row, catalogue)) + "".join(map(_section, catalogue))


def _row(fault: Fault) -> str:
    error = f"{fault.error.kind}, {fault.error.severity}" if fault.error else "none"
    cause = f"{fault.root_cause.service} {_short(fault.root_cause.name)}" if fault.root_cause else "no span"
    return f"| [{fault.title}](#{fault.id}) | {_answer(fault)} | {error} | {cause} | {fault.alert or 'none'} |\n"


def _section(fault: Fault) -> str:
    facts = "".join(f"- **{name}**: {text}\n" for name, text in _facts(fault))
    trace = _trace(fault.trace)
    return f'\n<a id="{fault.id}"></a>\n\n### {fault.title}\n\n{fault.does}\n\n{facts}\n{trace}'


def _facts(fault: Fault) -> Iterator[tuple[str, str]]:
    yield "id", f"`{fault.id}`"
    yield "switched on by", "; ".join(_switches(fault))
    yield "request", f"`{fault.request.method} {fault.request.path}`"
    yield "answer", _answer(fault)
    if fault.metric is not None:
        yield "metric", _metric(fault.metric)


def _switches(fault: Fault) -> Iterator[str]:
    if fault.stops is not None:
        yield f"ending `{fault.stops}`"
    if fault.inject is not None:
        where = "where there is none, " if fault.stops is not None else ""
        yield f"{where}the flag `{fault.id}`: {_action(fault.inject)}"
    if fault.caller is not None:
        yield f"the caller: {_caller(fault.caller)}"


def _action(action: Action) -> str:
    fields: dict[str, Any] = msgspec.to_builtins(action)
    does = fields.pop("do")
    service, method = fields.pop("service"), fields.pop("method")
    rest = ", ".join(f"{name} {value}" for name, value in fields.items() if value is not False)
    return f"{service} does `{does}`{f' ({rest})' if rest else ''} in `{_short(method)}`"


def _caller(caller: Caller) -> str:
    said = []
    if caller.json is not None:
        said.append("another body")
    if caller.headers:
        said.append("the headers " + ", ".join(f"`{name}`" for name in caller.headers))
    if caller.as_other_tenant:
        said.append("another tenant's token")
    if caller.leaves_after is not None:
        said.append(f"disconnects after {caller.leaves_after:g} s")
    return ", ".join(said)


def _answer(fault: Fault) -> str:
    if fault.answer is None:
        return "no answer"
    return f"{fault.answer.status} {fault.answer.title or ''}".strip()


def _metric(metric: Metric) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in metric.attributes.items())
    return f"`{metric.name}` of {metric.service}{f', `{labels}`' if labels else ''}"


def _trace(trace: Any) -> str:
    if trace is None:
        return "No trace arrives until it is running again.\n"
    lines = [line for each in trace for line in _lines(each, 0)]
    return "```\n" + "\n".join(lines) + "\n```\n"


def _lines(said: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Draw a span and what is below it; a rule is a line of its own."""
    if "exactly" in said:
        for each in said["exactly"]:
            yield from _lines(each, depth)
    elif "span" in said:
        yield "  " * depth + "  ".join(_words(said))
        for child in said.get("children", ()):
            yield from _lines(child, depth + 1)
    else:
        ((rule, about),) = said.items()
        yield f"{rule}: {_about(about)}"


def _words(said: Mapping[str, Any]) -> Iterator[str]:
    yield str(said["span"])
    if "kind" in said:
        yield said["kind"]
    if said.get("status") == "ERROR":
        yield "ERROR"
    attributes = said.get("attributes", {})
    for name in ("http.response.status_code", "rpc.response.status_code"):
        code = attributes.get(name)
        if isinstance(code, str | int) and code != "OK":
            yield str(code)
    if "times" in said:
        yield f"{_times(said['times'])} times"
    if "faster_than" in said:
        yield f"faster than {said['faster_than']} ms"


def _times(times: int | Mapping[str, int]) -> str:
    return str(times) if isinstance(times, int) else f"{times.get('at_least', 0)} to {times.get('at_most', 'any')}"


def _about(about: Any) -> str:
    if isinstance(about, list):
        return ", then ".join(map(_about, about))
    if isinstance(about, Mapping):
        return "  ".join(_words(about))
    return str(about)


def _short(method: str) -> str:
    return method.rpartition("/")[2] if "." in method else method


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
