from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from bench.launch import Launch, Plan
from bench.report import Run, markdown, picture, terminal
from bench.summary import summarize

Make = Callable[..., Launch]


@pytest.fixture
def run(make: Make) -> Run:
    figures = {
        "untraced": 1000,
        "control": 1010,
        "stock": 3000,
        "ours": 1600,
        "ours-1pct": 1050,
        "ours-unexported": 1350,
    }
    return Run(
        summaries=summarize([make(name, micro) for name, micro in figures.items()]),
        plan=Plan(rounds=1, requests=100, warmup=10),
        began="2026-11-24 00:10 UTC",
        seconds=600,
        load=0.12,
        machine={"Processor": "a processor, 2 cores"},
        profiles={
            "untraced": {"grpc": 100e-6, "fastapi": 50e-6, "idna": 1e-6},
            "ours": {"grpc": 120e-6, "telemetry.grpc": 60e-6, "fastapi": 50e-6},
        },
        spans={"start, attributes, end": (15e-6, 6e-6), "encoding as OTLP": (66e-6, 6e-6)},
        versions={"opentelemetry": {"fastapi": "0.165.0"}, "ddtrace": {"fastapi": "0.165.0", "ddtrace": "4.16.0"}},
        left_out={"ours-all": "not yet"},
    )


def test_the_terminal_shows_each_variant_the_targets_and_the_control(run: Run) -> None:
    text = terminal(run)

    assert "ours: spans" in text
    assert "1.59 [1.59..1.59]" in text  # over the mean of 1000 and 1010
    assert "0.30 [0.30..0.30]" in text
    assert "left out: ours: spans, metrics and logs: not yet" in text
    assert " met  spans: added CPU, stock = 1.00, at most 0.50: 0.30" in text
    assert "Control: the control is 1.0% above untraced" in text


def test_a_void_run_says_so_first(make: Make, run: Run) -> None:
    summaries = summarize([make("untraced", 1000), make("control", 1200)])

    assert "VOID: the control is 20.0% above untraced" in terminal(
        Run(summaries, run.plan, run.began, run.seconds, run.load, run.machine, {}, {}, run.versions, {})
    )


def test_the_results_say_where_the_rest_goes(run: Run) -> None:
    text = markdown(run)

    assert "| recording five spans | 300 | 50% |" in text
    assert "| encoding and sending them | 250 | 42% |" in text
    assert "| ddtrace |  | 4.16.0 |" in text
    assert "| Load when it began | 0.12 |" in text


def test_the_results_say_which_packages_have_more_to_do(run: Run) -> None:
    table = next(block for block in markdown(run).split("\n\n") if block.startswith("| package | untraced |"))

    assert table.splitlines()[2:] == [
        "| telemetry.grpc | 0 | 60 | +60 |",
        "| grpc | 100 | 120 | +20 |",
        "| fastapi | 50 | 50 | +0 |",
    ]


def test_the_results_say_what_one_span_takes(run: Run) -> None:
    assert "| encoding as OTLP | 66.0 | 6.0 |" in markdown(run)


def test_every_table_of_the_results_has_rows_of_one_width(run: Run) -> None:
    tables = [block for block in markdown(run).split("\n\n") if block.startswith("|")]

    assert len(tables) >= 5
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_picture_is_svg_with_a_bar_a_variant(run: Run) -> None:
    root = ET.fromstring(picture(run))  # noqa: S314  our own

    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"untraced", "stock OpenTelemetry", "ours: spans", "1600"} <= set(texts)
