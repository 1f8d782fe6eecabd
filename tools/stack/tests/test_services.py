from __future__ import annotations

import importlib.util
from pathlib import Path

from google.protobuf import descriptor_pool

from stack.places import ROOT
from stack.services import Service, find_services, services


def write(root: Path, name: str, table: str) -> None:
    folder = root / "services" / name
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f"[tool.stack]\n{table}")


def test_every_folder_in_services_is_one() -> None:
    folders = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}

    assert {service.name for service in services()} == folders >= {"user", "order"}


def test_a_service_is_what_its_pyproject_says(tmp_path: Path) -> None:
    write(tmp_path, "stock_level", 'port = 50054\ncalls = ["user"]\ndatabase = ""\n')
    write(tmp_path, "item", 'port = 50053\ncalls = []\ndatabase = "items"\n')

    item, stock = find_services(tmp_path)

    assert item == Service("item", 50053, (), "items")
    assert stock == Service("stock_level", 50054, ("user",), "")
    assert (stock.module, stock.variable) == ("stock_level_service", "STOCK_LEVEL_SERVICE")
    assert stock.full_name == "shop.stock_level.v1.StockLevelService"


def test_what_follows_from_the_name_is_there() -> None:
    for service in services():
        assert importlib.util.find_spec(service.module)
        assert importlib.util.find_spec(f"shop.{service.name}.v1.{service.name}_pb2")
        __import__(f"shop.{service.name}.v1.{service.name}_pb2")
        assert descriptor_pool.Default().FindServiceByName(service.full_name).full_name == service.full_name


def test_services_call_services_that_there_are_on_ports_of_their_own() -> None:
    names, ports = {service.name for service in services()}, [service.port for service in services()]

    assert all(set(service.calls) <= names - {service.name} for service in services())
    assert len(set(ports)) == len(ports)
