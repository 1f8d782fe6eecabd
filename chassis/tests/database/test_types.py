from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.engine import Dialect

from chassis.database.types import UtcDateTime

MOMENTS = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001  the zone is added
    datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
)


DIALECTS = [make_url(f"{name}:///a").get_dialect()() for name in ("sqlite+aiosqlite", "postgresql+asyncpg")]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
class TestUtcDateTime:
    @given(moment=MOMENTS)
    def test_is_kept_in_utc_and_is_the_same_moment_when_read(self, dialect: Dialect, moment: datetime) -> None:
        kept = UtcDateTime().process_bind_param(moment, dialect)
        assert kept is not None
        assert kept.utcoffset() == timedelta(0)

        for as_the_driver_gives_it in (kept, kept.replace(tzinfo=None), kept.astimezone(moment.tzinfo)):
            read = UtcDateTime().process_result_value(as_the_driver_gives_it, dialect)
            assert read == moment
            assert read is not None
            assert read.tzinfo is UTC

    def test_may_be_none(self, dialect: Dialect) -> None:
        assert UtcDateTime().process_bind_param(None, dialect) is None
        assert UtcDateTime().process_result_value(None, dialect) is None
