import sqlite3

from libs.common.rows import insert


def test_all_rows_go_in_however_many_fit_a_statement() -> None:
    connection = sqlite3.connect(":memory:")
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 20)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    rows = [(number, str(number)) for number in range(57)]

    assert insert(connection, "INSERT INTO t (a, b)", rows) == 57
    assert connection.execute("SELECT a, b FROM t ORDER BY a").fetchall() == rows


def test_only_the_rows_that_changed_something_count() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)")
    insert(connection, "INSERT INTO t (a, b)", [(1, 0), (2, 5)])
    tail = "ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE b = 0"

    assert insert(connection, "INSERT INTO t (a, b)", [(1, 7), (2, 7), (3, 7)], tail) == 2
    assert connection.execute("SELECT b FROM t ORDER BY a").fetchall() == [(7,), (5,), (7,)]
    assert insert(connection, "INSERT INTO t (a, b)", []) == 0
