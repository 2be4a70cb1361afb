"""What CI runs is there: pytest runs nothing at all where one of its paths is not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATHS = re.findall(r"tests/[\w/.]+", (ROOT / ".ci" / "run").read_text())


@pytest.mark.parametrize("path", PATHS)
def test_each_path_that_ci_names_exists(path: str) -> None:
    assert (ROOT / path).exists()
