from __future__ import annotations

from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sqlalchemy.spans import summarize


@pytest.mark.parametrize(
    ("statement", "operation", "collection"),
    [
        ("SELECT id FROM users WHERE id = ?", "SELECT", "users"),
        ("\n  select *\n  from users", "SELECT", "users"),
        ("SELECT 1", "SELECT", None),
        ('SELECT a FROM "user table"', "SELECT", "user table"),
        ('SELECT a FROM shop."users"', "SELECT", "shop.users"),
        ("SELECT a FROM users JOIN orders ON users.id = orders.user_id", "SELECT", "users"),
        ("SELECT a FROM users FOR UPDATE", "SELECT", "users"),
        ("SELECT (SELECT count(*) FROM items) FROM orders", "SELECT", "orders"),
        ("SELECT extract(epoch FROM created) FROM orders", "SELECT", "orders"),
        ("SELECT 'x FROM y' FROM orders", "SELECT", "orders"),
        ("SELECT a FROM (SELECT b FROM inner_table) AS t", "SELECT", None),
        ("INSERT INTO users (id, email) VALUES (?, ?) RETURNING id", "INSERT", "users"),
        ("INSERT OR IGNORE INTO users (id) VALUES (?)", "INSERT", "users"),
        ("INSERT INTO orders (id) SELECT id FROM drafts", "INSERT", "orders"),
        ("INSERT INTO orders (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", "INSERT", "orders"),
        ("INSERT INTO orders (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET n = 1", "INSERT", "orders"),
        ("UPDATE users SET email = ?", "UPDATE", "users"),
        ("UPDATE ONLY users SET email = ?", "UPDATE", "users"),
        ("DELETE FROM users", "DELETE", "users"),
        ("DELETE FROM ONLY users", "DELETE", "users"),
        ("MERGE INTO users USING t ON true WHEN MATCHED THEN DELETE", "MERGE", "users"),
        ("WITH t AS (SELECT a FROM users) SELECT * FROM t", "SELECT", "t"),
        ("WITH t AS (SELECT max(a) FROM users WHERE b IN (1, 2)), u AS (SELECT 1) SELECT * FROM t", "SELECT", "t"),
        ("WITH gone AS (DELETE FROM drafts RETURNING id) INSERT INTO orders SELECT id FROM gone", "INSERT", "orders"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "SELECT", "n"),
        ("/* a comment FROM here */ SELECT a FROM users", "SELECT", "users"),
        ("-- a comment FROM here\nSELECT a FROM users", "SELECT", "users"),
        ("CREATE TABLE users (id INTEGER)", "CREATE", None),
        ("PRAGMA foreign_keys", "PRAGMA", None),
        ("", "SQL", None),
        ("(SELECT a FROM users) UNION (SELECT a FROM admins)", "SELECT", "users"),
    ],
)
def test_a_statement_is_summarized_by_its_operation_and_its_table(
    statement: str, operation: str, collection: str | None
) -> None:
    assert summarize(statement) == (operation, collection)


@given(st.text())
def test_any_text_has_a_summary(statement: str) -> None:
    operation, collection = summarize(statement)

    assert operation
    assert collection is None or collection


@pytest.mark.parametrize(
    "statement",
    ["WITH " + "(" * 50_000, "WITH x AS (" + "a) " * 50_000, " " * 100_000, "'" * 100_001, "/*" * 50_000, "-" * 100_000,
     "SELECT " + "FROM " * 50_000, '"' * 100_001],
    ids=["open", "close", "blank", "quotes", "comments", "dashes", "from", "names"],
)  # fmt: skip
def test_a_long_statement_is_summarized_quickly(statement: str) -> None:
    started = monotonic()
    summarize(statement)

    assert monotonic() - started < 2
