"""docs/security.md names for each promise the tests that hold it; they have to be there."""

import re

import pytest

from tests.unit.deploy.described import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
PROMISES = [
    row
    for section in ("Who may come in", "What comes in")
    for row in PAGE.split(f"## {section}\n")[1].split("\n## ")[0].splitlines()
    if row.startswith("| ") and not row.startswith("| Promise")
]


def test_there_are_promises() -> None:
    assert len(PROMISES) > 20


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row[2:50])
def test_each_promise_names_tests_that_exist(row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", row)

    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []
