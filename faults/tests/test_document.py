from __future__ import annotations

from pathlib import Path

import pytest

from faults.catalogue import load
from faults.document import main, render

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load())


def test_every_failure_has_its_row_its_section_and_its_trace() -> None:
    page = render(load())

    for fault in load():
        assert page.count(f"](#{fault.id})") == 1
        section = page.partition(f'<a id="{fault.id}"></a>')[2].partition("<a id=")[0]
        assert fault.does in section
        assert f"`{fault.request.method} {fault.request.path}`" in section
        assert ("```" in section) == (fault.trace is not None)


def test_a_trace_is_drawn_as_a_tree() -> None:
    page = render(load())

    assert "gateway GET /v1/orders  SERVER\n  gateway ListOrders  CLIENT\n    order ListOrders  SERVER\n" in page
    assert "      order SELECT orders  CLIENT  11 times\n" in page
    assert "no: order INSERT orders  faster than 1000 ms\n" in page
    assert "before: user GetUser  SERVER, then gateway POST /v1/orders\n" in page


def test_a_page_that_is_not_up_to_date_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "failures.md"

    assert main(["--check", str(page)]) == 1
    assert main([str(page)]) == 0
    assert main(["--check", str(page)]) == 0
    page.write_text(page.read_text() + "\n")
    assert main(["--check", str(page)]) == 1
    told = f"{page} is not what faults/src/faults/catalogue.yaml says: run make failures\n"
    assert capsys.readouterr().err == 2 * told
