from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telemetry.redaction import redact, redact_query


@given(st.text(max_size=2000), st.sets(st.text(max_size=5)))
def test_any_query_is_read(query: str, shown: set[str]) -> None:
    assert len(redact_query(query, shown)) <= 32 * 300


def test_a_query_shows_names_and_the_values_that_are_asked_for() -> None:
    query = "limit=5&token=abc&ada@example.com&q=of+ada@example.com&other=1&Bearer%20x=1"

    assert redact_query(query, ("limit", "q", "token")) == (
        "limit=5&token=REDACTED&REDACTED&q=REDACTED&other=REDACTED&REDACTED"
    ).replace("q=REDACTED", "q=" + redact("of+ada@example.com"))
