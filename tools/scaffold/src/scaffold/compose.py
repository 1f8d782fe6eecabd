"""A service's containers in docker-compose.yml: lines are put in where YAML's own parser says, all others stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scaffold.errors import ScaffoldError

_FIRST_GROUP = 20002  # as deploy/secrets/make-secrets.sh gives them: two for each service


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A service as the compose file needs to know it.

    Attributes:
        name: Its short name.
        port: Where it listens.
        database: What its database is called; empty for a service that has none.
        calls: The services that it calls, each with its port.
        route: Whether the gateway leads to it.
    """

    name: str
    port: int
    database: str
    calls: Sequence[tuple[str, int]]
    route: bool


def add_container(text: str, container: Container) -> str:
    """Add a service, and what makes its secrets, its database and its tables; give the new text."""
    services = _value(_parsed(text), "services")
    insertions = [(_end_of_services(text, services), "\n" + _service_block(container, _count(services)))]
    if container.database:
        insertions += [
            (_end_of_migrations(text, services), "\n" + _migrate_block(container, _count(services))),
            _one_more_word(services, "secrets", container.name),
            _one_more_word(services, "databases", f"{container.name}={container.database}"),
        ]
    if container.route:
        gateway = _value(services, "gateway")
        environment, after = _value(gateway, "environment"), _value(gateway, "depends_on")
        known = [value for key, value in _items(environment) if key.endswith("_SERVICE")]
        variable = f"      {container.name.upper()}_SERVICE: {container.name}:{container.port}\n"
        insertions += [
            (_next_line(text, known[-1] if known else environment), variable),
            (_next_line(text, after), f"      {container.name}: {{condition: service_healthy}}\n"),
        ]
    for index, more in sorted(insertions, reverse=True):
        text = text[:index] + more + text[index:]
    yaml.safe_load(text)
    return text


def _service_block(container: Container, number: int) -> str:
    name, port = container.name, container.port
    camel = "".join(word.capitalize() for word in name.split("_"))
    lines = [
        f"  {name}:",
        "    <<: *service",
        f"    image: throughline/{name}:local",
        f"    build: {{context: ., dockerfile: services/{name}/Dockerfile, args: *build-args}}",
        "    environment:",
        "      <<: *telemetry",
        f"      LISTEN: 0.0.0.0:{port}",
        *(f"      {other.upper()}_SERVICE: {other}:{at}" for other, at in container.calls),
        *_database(container, "app", "password"),
        *_secret(container, _FIRST_GROUP + 2 * number),
        f"    networks: [services, {'data, ' if container.database else ''}telemetry]",
        "    healthcheck:",
        "      <<: *health",
        f'      test: [CMD, python, -m, chassis.health, "127.0.0.1:{port}", shop.{name}.v1.{camel}Service]',
    ]
    if container.database:
        lines += ["    depends_on:", f"      {name}-migrate: {{condition: service_completed_successfully}}"]
    return _text(lines)


def _migrate_block(container: Container, number: int) -> str:
    return _text(
        [
            f"  {container.name}-migrate:",
            "    <<: *service",
            f"    image: throughline/{container.name}:local",
            f"    command: [python, -m, {container.name}_service.migrate]",
            '    restart: "no"',
            "    environment:",
            *_database(container, "owner", "owner-password"),
            *_secret(container, _FIRST_GROUP + 2 * number + 1),
            "    networks: [data]",
            "    depends_on: *after-databases",
        ]
    )


def _database(container: Container, role: str, secret: str) -> list[str]:
    if not container.database:
        return []
    return [
        f"      DATABASE_URL: postgresql+asyncpg://{container.name}_{role}@postgres:5432/{container.database}",
        f"      DATABASE_PASSWORD_FILE: /run/secrets/{container.name}-{secret}",
    ]


def _secret(container: Container, group: int) -> list[str]:
    return [f'    group_add: ["{group}"]', "    volumes: [*secrets-volume]"] if container.database else []


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _parsed(text: str) -> Node:
    node = yaml.compose(text, yaml.SafeLoader)
    if node is None:
        raise ScaffoldError("docker-compose.yml is empty: expected the stack's services")
    return node


def _items(node: Node) -> list[tuple[str, Node]]:
    if not isinstance(node, MappingNode):
        raise ScaffoldError(f"docker-compose.yml, line {node.start_mark.line + 1}: expected a mapping")
    return [(key.value, value) for key, value in node.value if isinstance(key, ScalarNode)]


def _value(node: Node, key: str) -> Node:
    found = dict(_items(node)).get(key)
    if found is None:
        raise ScaffoldError(f"docker-compose.yml, line {node.start_mark.line + 1}: expected {key!r} in this mapping")
    return found


def _count(services: Node) -> int:
    """Count the services that have secrets already."""
    command = _value(_value(services, "secrets"), "command")
    return len(command.value) if isinstance(command, SequenceNode) else 0


def _end_of_services(text: str, services: Node) -> int:
    builds = [value for _, value in _items(services) if "services/" in _dockerfile(value)]
    return _next_line(text, builds[-1] if builds else _value(services, "gateway"))


def _end_of_migrations(text: str, services: Node) -> int:
    migrations = [value for key, value in _items(services) if key.endswith("-migrate")]
    return _next_line(text, migrations[-1] if migrations else _value(services, "databases"))


def _dockerfile(service: Node) -> str:
    build = dict(_items(service)).get("build")
    return str(dict(_items(build))["dockerfile"].value) if build is not None else ""


def _one_more_word(services: Node, name: str, word: str) -> tuple[int, str]:
    """Give what is put before the bracket that closes the words of a service's command, and where."""
    command = _value(_value(services, name), "command")
    return int(command.end_mark.index) - 1, f"{', ' if command.value else ''}{word}"


def _next_line(text: str, node: Node) -> int:
    """Give the start of the line behind a node: the mark of a block is where the next one begins, behind comments."""
    while isinstance(node, MappingNode) and not node.flow_style:
        key, value = node.value[-1]
        node = value if key.start_mark.index < value.start_mark.index else key  # an alias has its anchor's marks
    return text.index("\n", int(node.end_mark.index)) + 1
