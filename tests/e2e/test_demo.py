"""The demo runs from nothing to a search, again and again, and every mistake is one line."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import LIMIT_S

ROOT = Path(__file__).parents[2]


def sluice(data_dir: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    ours = {name: value for name, value in os.environ.items() if name not in ("PORT", "HOST", "SCAN_ROOTS")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env=ours | {"DATA_DIR": str(data_dir)} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.slow
def test_the_demo_counts_what_its_samples_give_and_then_runs_over_one_photo(tmp_path: Path) -> None:
    theirs = {"API_KEY": "k", "SCAN_ROOTS": "/elsewhere", "HOST": "0.0.0.0", "ACCEPT_GIF": "true"}
    done = sluice(tmp_path, "demo", **theirs)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 copy of another file" in done.stdout
    assert "broken/truncated.jpg" in done.stdout
    assert "china small.jpg" in done.stdout
    by_words = done.stdout.partition("Searching for the words 'a cup of coffee'\n")[2]
    assert "coffee.png" in by_words.splitlines()[0]
    photo = str(shutil.copy(tmp_path / "demo/photos/photos/china.jpg", tmp_path / "eine schöne.jpg"))
    again = sluice(tmp_path, "demo", photo)
    assert (again.returncode, again.stderr) == (0, "")
    assert f"Your photos in {photo}" in again.stdout
    assert [line.split() for line in again.stdout.splitlines() if "stored" in line] == [["stored", "1"]]


def test_photos_that_are_not_there_are_one_line_and_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "demo/photos").mkdir(parents=True)
    done = sluice(tmp_path, "demo", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert done.stderr == f"sluice: there is no file or folder {tmp_path / 'nowhere'}\n"
    assert (tmp_path / "demo/photos").is_dir()


def test_a_port_that_is_taken_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = sluice(tmp_path, "run", PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "set PORT to another one" in done.stderr.splitlines()[-1]


def test_a_setting_that_makes_no_sense_is_one_line(tmp_path: Path) -> None:
    done = sluice(tmp_path, "run", PORT="eighty")
    assert done.returncode == 2
    assert done.stderr.startswith("sluice: the setting PORT is wrong")
    assert len(done.stderr.splitlines()) == 1
