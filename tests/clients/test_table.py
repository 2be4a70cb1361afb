"""The table of docs/ingest-topic.md says what the tests show, no more and no less."""

from pathlib import Path

from tests.clients.table import CLIENTS, ROWS, cell

DOCS = Path(__file__).parents[2] / "docs" / "ingest-topic.md"


def test_the_table_says_what_the_tests_show() -> None:
    under = DOCS.read_text().partition("### What was tried with which client")[2].partition("\n| |")[2]
    heading, _, *rows = [line.strip("| ").split(" | ") for line in under.partition("\n\n")[0].splitlines()]
    assert [title.split()[0] for title in heading] == [*CLIENTS]
    assert len(rows) == len(ROWS)
    for words, (title, *cells) in zip(ROWS, rows, strict=True):
        assert words in title
        assert cells == [cell(words, client) for client in CLIENTS]


def test_each_row_has_its_test() -> None:
    written = Path(__file__).with_name("test_behaviours.py").read_text()
    assert [name for name in ROWS.values() if f"async def {name}(" not in written] == []
    assert written.count("async def test_") == len(ROWS)
