"""The page about REST has a row for each call, and the tests that it names are there."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.openapi import DOCUMENT

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "rest.md").read_text()
ROWS = re.findall(r"^\| `([A-Z]+ /\S*)` \| (.+) \| `(\S+\.py)::(test_\w+)` \|$", PAGE, re.MULTILINE)


@cache
def named_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_each_call_has_its_row_and_each_row_its_call() -> None:
    calls = {
        f"{method.upper()} {path}" for path, operations in DOCUMENT["paths"].items() for method in operations
    }

    assert sorted(call for call, *_ in ROWS) == sorted(calls)


def test_each_row_is_read() -> None:
    assert len(ROWS) == len(re.findall(r"^\| `", PAGE, re.MULTILINE))


def test_the_tests_that_are_named_are_there() -> None:
    missing = [f"{file}::{test}" for *_, file, test in ROWS if test not in named_in(file)]

    assert missing == []
    for file in re.findall(r"`(\w+/test_\w+\.py)`", PAGE):
        assert named_in(file)
