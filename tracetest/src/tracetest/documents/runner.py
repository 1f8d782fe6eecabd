"""Runs the tests of a YAML file: requests, and what their traces must be.

::

    target:
      url: http://127.0.0.1:8000
      headers: {Authorization: "Bearer ${TOKEN}"}
    traces: {url: http://127.0.0.1:16686}
    tests:
      - name: one order is one trace
        steps:
          - request: {method: POST, path: /v1/users, json: {email: "${unique}@example.com", name: Ada}}
            status: 201
            save: {user_id: user_id}
          - request: {method: POST, path: /v1/orders, json: {user_id: "${user_id}", items: []}}
            status: 201
            expect:
              - no_orphans
            golden: create-order

A test of one step may leave ``steps`` out. ``${NAME}`` is a value that an earlier step of the test has saved,
``unique`` (another text in each test), or a variable of the environment.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx

from tracetest.backends.base import Backend, BackendError
from tracetest.backends.jaeger import Jaeger
from tracetest.client import Exchange, TracedClient
from tracetest.documents.reader import read_expectations
from tracetest.documents.shapes import DocumentError, choice, mapping, number, only, sequence, text
from tracetest.expectations.expect import Expectation
from tracetest.fetched import Trace
from tracetest.golden.folder import GoldenFolder
from tracetest.target import Target, http_barrier

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Step:
    """A request, and what must come of it.

    Attributes:
        request: Its method, path, headers and json, with placeholders.
        status: Of the answer; None: any.
        save: Where values of the answer go: name → path in its JSON, such as ``items.0.id``.
        expectations: What its trace must be; None: the trace is not looked at.
        golden: Its golden trace.
    """

    request: Mapping[str, Any]
    status: int | None
    save: Mapping[str, str]
    expectations: Sequence[Expectation] | None
    golden: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A test: its name and its steps."""

    name: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of a file, and what they are about."""

    target: Target
    headers: Mapping[str, str]
    backend: Backend
    cases: Sequence[Case]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test ended.

    Attributes:
        name: Of the test.
        seconds: That it took.
        failure: What was wrong; empty when nothing was.
        traces: The traces that were fetched.
        skipped: Why it says nothing; empty when it does.
    """

    name: str
    seconds: float
    failure: str = ""
    traces: Sequence[Trace] = ()
    skipped: str = ""


def read_suite(document: object) -> Suite:
    """Read a file's document; raises DocumentError."""
    fields = mapping(document, "file")
    only(fields, ("target", "traces", "tests"), "file")
    target = mapping(fields.get("target"), "target")
    only(target, ("url", "headers", "barrier"), "target")
    traces = mapping(fields.get("traces"), "traces")
    only(traces, ("url", "api", "signals_url", "within", "absent"), "traces")
    barrier, signals_url = target.get("barrier"), traces.get("signals_url")
    return Suite(
        Target(
            base_url=text(target.get("url"), "target.url"),
            barrier=None if barrier is None else text(barrier, "target.barrier"),
        ),
        {name: text(value, f"target.headers.{name}") for name, value in mapping(target.get("headers", {}), "").items()},
        Jaeger(
            text(traces.get("url"), "traces.url"),
            api=choice(traces.get("api", "v3"), ("v3", "legacy"), "traces.api"),
            signals_url=None if signals_url is None else text(signals_url, "traces.signals_url"),
            within=number(traces.get("within", _WITHIN), "traces.within"),
            absent=[text(each, "traces.absent") for each in sequence(traces.get("absent", ()), "traces.absent")],
        ),
        [_case(each, f"tests[{n}]") for n, each in enumerate(sequence(fields.get("tests"), "tests"))],
    )


async def run_case(suite: Suite, case: Case, variables: Mapping[str, str], golden: GoldenFolder) -> Outcome:
    """Run one test.

    Args:
        suite: Where it belongs.
        case: The test.
        variables: For placeholders.
        golden: Where golden traces are.
    """
    begun = monotonic()
    fetched: list[Trace] = []
    barrier = None if suite.target.barrier is None else http_barrier(suite.target.barrier)
    async with suite.target.client() as http:
        client = TracedClient(http, suite.backend, barrier=barrier, fetched=fetched.append, golden=golden)
        known = {**variables, "unique": secrets.token_hex(6)}
        try:
            http.headers.update(_filled(suite.headers, known))
            for step in case.steps:
                known |= await _run_step(step, client, known)
        except (AssertionError, BackendError, DocumentError, httpx.HTTPError, httpx.InvalidURL) as error:
            failure = str(error) or type(error).__name__
        else:
            failure = ""
    return Outcome(case.name, monotonic() - begun, failure, fetched)


async def _run_step(step: Step, client: TracedClient, known: Mapping[str, str]) -> dict[str, str]:
    request = _filled(step.request, known)
    exchange = await client.request(
        request["method"], request["path"], headers=request.get("headers"), json=request.get("json")
    )
    if step.status is not None and exchange.response.status_code != step.status:
        exchange.answer(step.status)
    if step.expectations is not None or step.golden is not None:
        trace = await exchange.trace()
        trace.expect(*step.expectations or ())
        if step.golden is not None:
            trace.matches_golden(step.golden)
    return dict(_saved(step, exchange))


def _saved(step: Step, exchange: Exchange) -> Iterator[tuple[str, str]]:
    for name, path in step.save.items():
        try:
            value = exchange.response.json()
            for part in path.split("."):
                value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise AssertionError(f"save {name}: there is no {path} in {exchange.response.text!r}") from None
        yield name, str(value)


def _case(document: object, where: str) -> Case:
    fields = mapping(document, where)
    name = text(fields.get("name"), f"{where}.name")
    if "steps" in fields:
        only(fields, ("name", "steps"), where)
        steps = sequence(fields["steps"], f"{where}.steps")
        return Case(name, [_step(each, f"{where}.steps[{n}]") for n, each in enumerate(steps)])
    return Case(name, [_step({key: value for key, value in fields.items() if key != "name"}, where)])


def _step(document: object, where: str) -> Step:
    fields = mapping(document, where)
    only(fields, ("request", "status", "save", "expect", "golden"), where)
    request = mapping(fields.get("request"), f"{where}.request")
    only(request, ("method", "path", "headers", "json"), f"{where}.request")
    method = choice(request.get("method", "GET"), _METHODS, f"{where}.request.method")
    status, golden = fields.get("status"), fields.get("golden")
    return Step(
        {**request, "method": method, "path": text(request.get("path"), f"{where}.request.path")},
        None if status is None else int(number(status, f"{where}.status")),
        {name: text(path, f"{where}.save.{name}") for name, path in mapping(fields.get("save", {}), "save").items()},
        read_expectations(fields["expect"], f"{where}.expect") if "expect" in fields else None,
        None if golden is None else text(golden, f"{where}.golden"),
    )


def _filled(document: Any, known: Mapping[str, str]) -> Any:
    if isinstance(document, str):
        return _PLACEHOLDER.sub(lambda found: _known(found[1], known), document)
    if isinstance(document, Mapping):
        return {key: _filled(value, known) for key, value in document.items()}
    if isinstance(document, list):
        return [_filled(value, known) for value in document]
    return document


def _known(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise DocumentError(f"${{{name}}}: expected a value that was saved before, or a variable of the environment")
    return known[name]
