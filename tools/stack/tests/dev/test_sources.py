from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stack.dev.sources import is_source, package_of, source_folders, unit_of
from stack.places import ROOT

MakeFile = Callable[..., Path]


def test_the_source_folders_are_those_of_the_units() -> None:
    folders = {str(folder.relative_to(ROOT)) for folder in source_folders(ROOT)}

    assert {
        "gateway/src",
        "telemetry/src",
        "protos/src",
        "faults/src",
        "tools/stack/src",
    } <= folders
    assert not [folder for folder in folders if "tests" in folder or folder.startswith(".")]


@pytest.mark.parametrize("name", ["domain.py", "catalogue.yaml", "templates/base.html", "static/base.css"])
def test_code_and_data_matter(name: str) -> None:
    assert is_source(Path("order/src/order_service", name))


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/domain.cpython-311.pyc",
        "__pycache__/a.py",
        ".#domain.py",
        "#domain.py#",
        "domain.py~",
        ".domain.py.swp",
        "4913",
        "sedAbCdEf",
        "domain.py.tmp.1",
        "domain.py___jb_tmp___",
        "py.typed",
    ],
)
def test_what_python_and_editors_leave_does_not(name: str) -> None:
    assert not is_source(Path("order/src/order_service", name))


def test_a_file_is_part_of_the_unit_whose_src_it_is_in() -> None:
    root = Path("/home/dev/src/shop")  # a folder of that name above the repository says nothing

    assert unit_of(root / "services/order/src/order_service/store.py", root) == "order"
    assert unit_of(root / "gateway/src/gateway/routes/src.py", root) == "gateway"


def test_data_belongs_to_the_nearest_package(make_file: MakeFile, tmp_path: Path) -> None:
    make_file("src/console/__init__.py")
    template = make_file("src/console/templates/pages/base.html")

    assert package_of(template) == tmp_path / "src/console"
