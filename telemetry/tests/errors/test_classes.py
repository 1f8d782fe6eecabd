from __future__ import annotations

import logging

from grpc import StatusCode

from telemetry.errors import CLASS_OF_CODE, HANDLING, ErrorClass, Severity
from telemetry.grpc.status import SERVER_ERRORS


def test_every_class_is_handled() -> None:
    assert set(HANDLING) == set(ErrorClass)


def test_http_and_grpc_agree_on_whose_fault_it_is() -> None:
    for kind, handling in HANDLING.items():
        assert (handling.code in SERVER_ERRORS) is handling.is_server_error, kind


def test_the_code_of_a_class_belongs_to_the_class_or_to_one_like_it() -> None:
    differing = {kind: CLASS_OF_CODE[each.code] for kind, each in HANDLING.items() if CLASS_OF_CODE[each.code] != kind}

    assert differing == {ErrorClass.DEPENDENCY: ErrorClass.INTERNAL, ErrorClass.CONFIGURATION: ErrorClass.INTERNAL}


def test_every_code_that_tells_of_a_failure_has_a_class() -> None:
    assert set(CLASS_OF_CODE) == set(StatusCode) - {StatusCode.OK}


def test_the_servers_faults_are_what_people_are_told_of_as_errors() -> None:
    for kind, handling in HANDLING.items():
        assert (handling.severity.level >= logging.ERROR) is handling.is_server_error, kind


def test_a_severity_has_its_level() -> None:
    assert [each.level for each in Severity] == [10, 20, 30, 40, 50]
