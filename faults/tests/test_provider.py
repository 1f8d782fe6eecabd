from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.exception import ParseError

from faults.provider import NAME, FileProvider

FLAGS = """{"flags": {
    "bool": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"},
    "text": {"state": "ENABLED", "variants": {"a": "b"}, "defaultVariant": "a"},
    "whole": {"state": "ENABLED", "variants": {"a": 3}, "defaultVariant": "a"},
    "number": {"state": "ENABLED", "variants": {"a": 0.5}, "defaultVariant": "a"},
    "object": {"state": "ENABLED", "variants": {"a": {"b": 1}}, "defaultVariant": "a"}
}}"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "flags.json"
    path.write_text(FLAGS)
    return path


@pytest.fixture
def client(path: Path) -> Iterator[OpenFeatureClient]:
    api.set_provider_and_wait(FileProvider(path), "tests")
    yield api.get_client("tests")
    api.clear_providers()


def test_flags_of_all_types_are_read(client: OpenFeatureClient) -> None:
    assert client.get_boolean_value("bool", default_value=False)
    assert client.get_string_value("text", "") == "b"
    assert client.get_integer_value("whole", 0) == 3
    assert client.get_float_value("number", 0.0) == 0.5
    assert client.get_object_value("object", {}) == {"b": 1}
    assert client.provider.get_metadata().name == NAME


def test_what_is_written_is_read_at_once(client: OpenFeatureClient, path: Path) -> None:
    seen = []
    for number in range(20):
        path.with_suffix(".new").write_text(FLAGS.replace("3", str(number)))
        path.with_suffix(".new").replace(path)
        seen.append(client.get_integer_value("whole", -1))

    assert seen == list(range(20))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"flags": 3}', '{"flags": {"a": 1}}', '{"flags": {"a": {}}}'])
def test_a_file_that_is_wrong_gives_the_default_until_it_is_right_again(
    client: OpenFeatureClient, path: Path, text: str
) -> None:
    path.write_text(text)
    details = client.get_boolean_details("bool", default_value=False)

    assert (details.value, str(details.error_code)) == (False, "PARSE_ERROR")
    assert (details.error_message or "").startswith(str(path))
    path.write_text(FLAGS)
    assert client.get_boolean_value("bool", default_value=False)


def test_a_file_that_is_gone_is_told(path: Path) -> None:
    path.unlink()

    with pytest.raises(ParseError) as wrong:
        FileProvider(path).refresh()

    assert wrong.value.error_message == f"{path}: No such file or directory"
