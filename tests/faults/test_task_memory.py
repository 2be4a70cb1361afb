"""What find-similar takes of memory does not grow with the collection."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "alike"), [("similar", 20), ("strict", 1000)])
def test_twenty_thousand_pictures_fit_into_a_small_upserter(mode: str, alike: int) -> None:
    """40 MB of vectors, and where all are alike 200 million pairs: a third of the shipped limit is enough."""
    command = [sys.executable, "-m", "tests.support.task_memory", "20000", "512", mode, str(alike)]
    ended = subprocess.run(command, capture_output=True, check=True, text=True)
    found = json.loads(ended.stdout)
    assert found["points"] == 20_000
    assert found["megabytes"] < 170
