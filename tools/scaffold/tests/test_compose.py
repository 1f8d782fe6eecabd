from __future__ import annotations

import difflib
from collections.abc import Callable

import pytest
import yaml

from scaffold.compose import Container, add_container
from scaffold.errors import ScaffoldError

FILE = "docker-compose.yml"
Read = Callable[[str], str]


def container(database: str = "inventories", *, route: bool = True) -> Container:
    return Container(name="inventory", port=50053, database=database, calls=[("user", 50051)], route=route)


def test_all_that_was_written_stays_but_for_two_lists(text_of: Read) -> None:
    before, after = text_of(FILE), add_container(text_of(FILE), container())

    removed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]

    assert removed == ["-     command: [user, order]", "-     command: [user=users, order=orders]"]


def test_the_others_are_what_they_were(text_of: Read) -> None:
    before, after = (yaml.safe_load(text) for text in (text_of(FILE), add_container(text_of(FILE), container())))

    touched = {"inventory", "inventory-migrate", "gateway", "secrets", "databases"}
    assert after["services"].keys() - before["services"].keys() == {"inventory", "inventory-migrate"}
    assert all(after["services"][name] == each for name, each in before["services"].items() if name not in touched)


def test_it_is_like_the_others(text_of: Read) -> None:
    services = yaml.safe_load(add_container(text_of(FILE), container()))["services"]

    for suffix in ("", "-migrate"):
        assert services[f"inventory{suffix}"].keys() == services[f"order{suffix}"].keys()


def test_without_a_database_it_has_no_secrets(text_of: Read) -> None:
    services = yaml.safe_load(add_container(text_of(FILE), container("", route=False)))["services"]

    assert "inventory-migrate" not in services
    assert services["inventory"].keys().isdisjoint({"group_add", "volumes", "depends_on"})
    assert services["inventory"]["networks"] == ["services", "telemetry"]
    assert services["secrets"]["command"] == ["user", "order"]
    assert "INVENTORY_SERVICE" not in services["gateway"]["environment"]


def test_the_next_one_has_groups_of_its_own(text_of: Read) -> None:
    text = add_container(text_of(FILE), container())
    later = Container(name="later", port=50054, database="laters", calls=[], route=True)

    services = yaml.safe_load(add_container(text, later))["services"]

    groups = [group for service in services.values() for group in service.get("group_add", ())]
    assert len(set(groups)) == len(groups)
    assert services["later"]["group_add"] == ["20008"]


@pytest.mark.parametrize("text", ["", "services: []\n", "services: {gateway: {}}\n"])
def test_a_file_that_is_another_is_refused(text: str) -> None:
    with pytest.raises(ScaffoldError, match=r"^docker-compose\.yml"):
        add_container(text, container())
