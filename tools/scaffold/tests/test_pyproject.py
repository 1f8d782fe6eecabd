from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable

from scaffold.pyproject import add_service

Read = Callable[[str], str]


def test_a_service_is_known_wherever_the_others_are(text_of: Read) -> None:
    before = text_of("pyproject.toml")
    after = add_service(before, "inventory", "inventories", database=True)

    def mentions(word: str) -> int:
        return after.count(word)

    assert mentions("throughline-inventory-service") == mentions("throughline-order-service") == 2
    assert mentions("services/inventory/src") == mentions("services/order/src") == 1
    assert mentions("inventory_service") == mentions("order_service")
    assert "(inventories)" in after


def test_what_was_written_stays_as_it_was_written(text_of: Read) -> None:
    before = text_of("pyproject.toml")
    lines = difflib.ndiff(
        before.splitlines(), add_service(before, "inventory", "inventories", database=True).splitlines()
    )

    removed = [line[2:] for line in lines if line.startswith("- ")]

    assert all("order" in line for line in removed), removed  # each of them says where a service is
    assert len(removed) == 7


def test_without_a_database_there_is_no_store_to_guard(text_of: Read) -> None:
    after = tomllib.loads(add_service(text_of("pyproject.toml"), "inventory", "inventories", database=False))

    (guarded,) = [c["source_modules"] for c in after["tool"]["importlinter"]["contracts"] if "Messages" in c["name"]]
    assert "inventory_service.inventories" in guarded
    assert "inventory_service.store" not in guarded
