from __future__ import annotations

from stack.mutation.page import Row, read_page, write_page

SERVER = Row("telemetry.grpc.server", 60, 57, 2)
TENANT = Row("telemetry.context.tenant", 20, 20, 0)
RULES = Row("tracetest.expectations.rules", 20, 0, 19)
ROWS = {row.module: row for row in (TENANT, RULES, SERVER)}


def test_what_is_written_is_read_again() -> None:
    assert read_page(write_page(ROWS, ROWS)) == ROWS
    assert read_page("# What the tests notice\n") == {}


def test_each_part_has_its_sum_and_its_share() -> None:
    lines = write_page(ROWS, ROWS).splitlines()

    assert lines[lines.index("## Instrumentation") :] == [
        "## Instrumentation",
        "",
        "98.8 % of 80 were noticed, 96.2 % by the trace tests.",
        "",
        "| module | removed | noticed by the trace tests | by its own tests | by none |",
        "| --- | --: | --: | --: | --: |",
        "| `telemetry.context.tenant` | 20 | 20 | 0 | 0 |",
        "| `telemetry.grpc.server` | 60 | 57 | 2 | 1 |",
        "| all | 80 | 77 | 2 | 1 |",
        "",
        "## The trace-test kit",
        "",
        "95.0 % of 20 were noticed.",
        "",
        "| module | removed | noticed by the trace tests | by its own tests | by none |",
        "| --- | --: | --: | --: | --: |",
        "| `tracetest.expectations.rules` | 20 | 0 | 19 | 1 |",
        "| all | 20 | 0 | 19 | 1 |",
    ]


def test_a_module_that_is_measured_again_has_its_new_numbers() -> None:
    again = read_page(write_page(ROWS, ROWS)) | {TENANT.module: Row(TENANT.module, 21, 20, 1)}

    assert "| `telemetry.context.tenant` | 21 | 20 | 1 | 0 |" in write_page(again, again)
    assert "| all | 81 | 77 | 3 | 1 |" in write_page(again, again)


def test_what_is_still_to_be_measured_is_named() -> None:
    page = write_page(ROWS, [*ROWS, "telemetry.trace.span", "telemetry.edge.policy"])

    assert "\nNot measured yet: `telemetry.edge.policy`, `telemetry.trace.span`.\n" in page
    assert read_page(page) == ROWS
    assert "Not measured" not in write_page(ROWS, ROWS)


def test_where_nothing_was_removed_all_is_noticed() -> None:
    assert Row("telemetry.context.tenant", 0, 0, 0).noticed == 1.0
