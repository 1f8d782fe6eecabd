from __future__ import annotations

from telemetry.export.reachability import refuses_connections


def test_an_address_that_refuses_has_nobody(unused_address: str) -> None:
    assert refuses_connections(f"http://{unused_address}/v1/traces")


def test_a_host_without_an_address_has_nobody() -> None:
    assert refuses_connections("http://collector.invalid:4318")  # RFC 6761: never resolves


def test_whoever_takes_the_connection_is_there_though_he_does_not_answer(black_hole: str) -> None:
    assert not refuses_connections(f"http://{black_hole}")


def test_nothing_is_said_of_what_is_no_address() -> None:
    assert not refuses_connections(None)
