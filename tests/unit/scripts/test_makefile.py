"""What the Makefile hands to the commands."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The Makefile next to a Python that tells what it was called with."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor argument in "$@"; do echo "<$argument>"; done\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return tmp_path


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("folder", ["/photos", "/a b", "/$x $(shell id) `id`", "/it's", '/a "b"', "-x"])
def test_any_folder_name_reaches_the_demo_as_it_is(project: Path, folder: str) -> None:
    command = ["make", "--silent", "PYTHON=true", "demo", f"DIR={folder}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    called = subprocess.run(command, cwd=project, env=clean, capture_output=True, text=True, check=True)
    assert called.stdout.splitlines() == ["<-m>", "<cli>", "<demo>", "<-->", f"<{folder}>"]
