from __future__ import annotations

import pytest

from console.why import Answer
from console.why.answer import Finding
from console.why.change import Change, Kind, Share, What
from console.why.dimensions import Value
from console.why.seen import Operation
from console.why.who import Met
from faults.catalogue import load
from stack.judged_why.cases import PARTS, Case, Judged, cases, why_not

INSERT = Operation("order", "INSERT orders", "client")
NOBODY: frozenset[str] = frozenset()
SHARE = Share(12, 48)


def test_each_failure_is_a_case_or_says_why_it_is_none() -> None:
    catalogue = load()
    judged = {(case.fault.id, case.part) for case in cases(catalogue)}

    assert judged == {(fault.id, part) for fault in catalogue for part in PARTS if not why_not(fault, part)}
    assert {fault.id for fault in catalogue.injected if fault.trace and fault.root_cause} <= {
        name for name, _ in judged
    }


def test_what_leaves_a_cell_broken_comes_last() -> None:
    broken = [case.fault.inject is None and case.fault.stops is not None for case in cases(load())]

    assert any(broken)
    assert broken == sorted(broken)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (INSERT, True),
        (Operation("order", "INSERT orders", "server"), False),
        (Operation("user", "INSERT orders", "client"), False),
        (None, False),
    ],
)
def test_the_cause_is_the_span_that_the_catalogue_names(operation: Operation | None, *, expected: bool) -> None:
    assert Case(load().get("slow-query"), "tenant").is_cause(operation) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Value("tenant", "", "acme"), True),
        (Value("tenant", "", "globex"), False),
        (Value("instance", "order", "acme"), False),
    ],
)
def test_whom_it_meets_is_told_by_the_tenant_that_met_it(value: Value, *, expected: bool) -> None:
    change = Change(What(Kind.SLOWER, INSERT), SHARE, SHARE, NOBODY, NOBODY, 1, 2, 0.0)
    finding = Finding(change, (Met((value,), SHARE, SHARE, 0.0),), (), (), "")
    judged = Judged(Case(load().get("slow-query"), "tenant"), Answer(480, 240, (finding,)), frozenset({"acme"}))

    assert judged.names_part is expected


def test_where_nothing_is_said_nothing_is_named() -> None:
    judged = Judged(Case(load().get("slow-query"), "tenant"), Answer(480, 240, ()), frozenset({"acme"}))

    assert judged.first is None
    assert not judged.is_named_first
    assert not judged.names_part
