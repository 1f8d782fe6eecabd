"""A generated service is tried as its first user would: by its own checks, its own tests, and one call in a trace."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from scaffold.cloning import Clone
from scaffold.errors import ScaffoldError
from scaffold.new_service import new_service
from scaffold.request import Request
from stack.jaeger.build import build_jaeger
from stack.services import Service, find_services

pytestmark = pytest.mark.timeout(600)  # a busy machine; each command is one of many


def a_request(name: str = "inventory", *, database: bool = True, route: bool = False) -> Request:
    return Request(name=name, calls=(), database=database, route=route, port=50053)


def test_it_is_a_service_like_those_that_are_there(generated: Clone) -> None:
    assert find_services(generated.root)[-1] == Service("inventory", 50053, ("user", "order"), "inventories")
    files = {
        str(path.relative_to(generated.root / "services" / "inventory")) for path in _files(generated, "inventory")
    }
    like = {str(path.relative_to(generated.root / "services" / "user")) for path in _files(generated, "user")}
    named = {file.replace("user_service", "inventory_service").replace("users", "inventories") for file in like}
    assert files - named == {"src/inventory_service/clients.py", "tests/test_clients.py"}
    assert named <= files


def test_what_was_there_stays_as_it_is_but_for_its_place(generated: Clone) -> None:
    changed = {line[3:] for line in generated.status().splitlines() if line.startswith(" M")}

    assert changed == {"docker-compose.yml", "gateway/src/gateway/backends.py", "pyproject.toml", "requirements.lock"}


def test_it_is_clean(generated: Clone) -> None:
    for command in (("check",), ("format", "--check")):
        done = generated.run(".venv/bin/ruff", *command, "services/inventory", "gateway", "tests/test_inventories.py")
        assert done.returncode == 0, done.stdout
    assert generated.run(".venv/bin/buf", "lint", "protos").stdout == ""
    assert generated.run(".venv/bin/buf", "format", "--diff", "--exit-code", "protos").stdout == ""
    assert generated.run("tools/protos.sh", "--check").returncode == 0


def test_its_types_are_right(generated: Clone) -> None:
    done = generated.python("-m", "mypy", "services/inventory/src", "services/inventory/tests", "gateway/src")

    assert done.returncode == 0, done.stdout


def test_its_imports_go_from_the_edge_to_the_domain(generated: Clone) -> None:
    done = generated.python("-c", "from importlinter.cli import lint_imports_command as run; run()")

    assert done.returncode == 0, done.stdout
    assert ", 0 broken." in done.stdout
    linter = tomllib.loads((generated.root / "pyproject.toml").read_text())["tool"]["importlinter"]
    about = [contract for contract in linter["contracts"] if "order_service" in str(contract)]
    assert about
    assert all("inventory_service" in str(contract) for contract in about)
    assert "inventory_service" in linter["root_packages"]


def test_the_tests_of_the_generator_are_left_out_beside_it(generated: Clone) -> None:
    done = generated.python("-m", "pytest", "--collect-only", "-q", "tools/scaffold/tests", "services/inventory/tests")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "services/inventory/tests/" in done.stdout
    assert "tools/scaffold/tests/" not in done.stdout


def test_its_own_tests_pass(generated: Clone) -> None:
    done = generated.python(
        "-m", "pytest", "--quiet", "services/inventory", "gateway/tests/routes", "-p", "no:cacheprovider"
    )

    assert done.returncode == 0, done.stdout[-4000:]


def test_a_call_of_it_is_one_trace_from_the_edge_through_all_that_it_calls(generated: Clone) -> None:
    jaeger = os.environ.get("JAEGER") or str(build_jaeger(lambda _text: None) or "")
    if not jaeger:
        pytest.skip("there is no Jaeger: set JAEGER, or install Go")

    done = generated.python("-m", "pytest", "--quiet", "tests/test_inventories.py", "--timeout=300", JAEGER=jaeger)

    assert done.returncode == 0, done.stdout[-4000:]
    assert "2 passed" in done.stdout


def test_compose_gives_it_a_container_a_database_and_secrets_of_its_own(generated: Clone) -> None:
    services = yaml.safe_load((generated.root / "docker-compose.yml").read_text())["services"]

    assert services["inventory"]["environment"]["USER_SERVICE"] == "user:50051"
    groups = [
        services[name].get("group_add") for name in ("gateway", "user", "order", "inventory", "inventory-migrate")
    ]
    assert groups == [["20001"], ["20002"], ["20004"], ["20006"], ["20007"]]
    assert services["secrets"]["command"] == ["user", "order", "inventory"]
    assert services["databases"]["command"][-1] == "inventory=inventories"
    assert services["gateway"]["environment"]["INVENTORY_SERVICE"] == "inventory:50053"
    assert "inventory" in services["gateway"]["depends_on"]


class TestNothingIsWritten:
    def test_to_a_dirty_tree(self, clone: Clone) -> None:
        (clone.root / "README.md").write_text("changed")
        (clone.root / "new.txt").write_text("new")

        with pytest.raises(ScaffoldError, match=r"^the working tree is dirty \(README.md and 1 more\): expected"):
            new_service(clone.root, a_request(), lambda _text: None)

        assert clone.status() == " M README.md\n?? new.txt\n"

    def test_over_a_file_that_is_there(self, clone: Clone) -> None:
        there = clone.root / "protos" / "shop" / "inventory" / "v1" / "inventory.proto"
        there.parent.mkdir(parents=True)
        there.write_text("// somebody's\n")
        clone.commit("a proto without a service")

        with pytest.raises(
            ScaffoldError, match=r"^NAME='inventory' is taken: protos/shop/inventory/v1/inventory.proto is"
        ):
            new_service(clone.root, a_request(), lambda _text: None)

        assert clone.status() == ""

    def test_when_a_later_step_fails(self, clone: Clone) -> None:
        # The clone has no environment, so no stubs can be written once the service is in its place.
        with pytest.raises(ScaffoldError, match=r"^tools/protos.sh failed: "):
            new_service(clone.root, a_request(route=True), lambda _text: None)

        assert clone.status() == ""
        assert not (clone.root / "services" / "inventory").exists()


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "NAME is not given: expected the service's short name, as in NAME=inventory"),
        ({"NAME": "user"}, "NAME='user' is taken: expected another name than order, user"),
        ({"NAME": "In-Stock"}, "NAME='In-Stock': expected a lower-case Python name of 1 to 20 characters"),
        ({"NAME": "class"}, "NAME='class' is reserved: expected a name that nothing else here has"),
        ({"NAME": "a", "DB": "maybe"}, "DB='maybe': expected yes or no"),
    ],
)
def test_what_is_wrong_is_one_line(read_only: Clone, variables: dict[str, str], line: str) -> None:
    script = f"import pathlib, scaffold.new_service as n;n.ROOT = pathlib.Path({str(read_only.root)!r}); n.main()"
    done = read_only.run(sys.executable, "-c", script, **variables)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"new-service: {line}\n")
    assert read_only.status() == ""


def _files(clone: Clone, name: str) -> list[Path]:
    paths = (clone.root / "services" / name).rglob("*")
    ignored = ("__pycache__", ".egg-info", ".hypothesis", "test_users", "tests/test_inventories")
    return [path for path in paths if path.is_file() and not any(word in str(path) for word in ignored)]
