"""The `observability` profile as its tests run and query it."""
