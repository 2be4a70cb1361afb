"""Pages that are made from the code say how, and it is true as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = ("settings_table", "schemas")


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_its_first_line_says_runs_in_a_checkout(name: str) -> None:
    first = (ROOT / "scripts" / f"{name}.py").read_text().splitlines()[0]
    (message,) = re.findall(r"`python (-m scripts\.\w+) \[--check\]`", first)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, *message.split(), "--check"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_of_settings_says_the_same() -> None:
    assert "`python -m scripts.settings_table`" in (ROOT / "docs" / "settings.md").read_text()
