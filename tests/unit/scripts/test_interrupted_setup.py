"""`make setup` stopped in the middle: one line, no traceback, and the next run goes on."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STOPPED = "sluice: stopped; what is missing is installed the next time"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The Makefile with its script over two empty projects, which need a few packages of the real ones."""
    (tmp_path / "scripts").mkdir()
    for name in ("Makefile", "scripts/bootstrap.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    for name in ("uv", "build"):
        shutil.copy(ROOT / "requirements" / f"{name}.txt", tmp_path / "requirements")
    pins = re.findall(
        r"^\S+==[^\n]*(?:\n[ ]+--hash[^\n]*)+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE
    )
    wanted = [pin for pin in pins if pin.split("==")[0] in ("msgspec", "pillow", "idna")]
    assert len(wanted) == 3
    (tmp_path / "requirements" / "dev.txt").write_text("\n".join(wanted) + "\n")
    for folder, name in ((tmp_path, "empty-services"), (tmp_path / "sluice", "empty-command")):
        folder.mkdir(exist_ok=True)
        project = f'[project]\nname = "{name}"\nversion = "1"\n[tool.setuptools]\npackages = []\n'
        (folder / "pyproject.toml").write_text(project)
    return tmp_path


def setup(clone: Path) -> subprocess.Popen[str]:
    """In a session of its own, as a terminal has it."""
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "elsewhere"}
    return subprocess.Popen(
        ["make", "setup", f"PYTHON={sys.executable}"], cwd=clone, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
    )  # fmt: skip


def of_all(process: subprocess.Popen[str]) -> None:
    """Ctrl-C at a terminal."""
    os.killpg(process.pid, signal.SIGINT)


def of_make(process: subprocess.Popen[str]) -> None:
    """`kill`, or a shutdown."""
    process.send_signal(signal.SIGTERM)


def lines_until(process: subprocess.Popen[str], text: str) -> str:
    seen = ""
    for line in process.stdout or ():
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"it ended without {text}:\n{seen}")


@pytest.mark.parametrize("stop", [of_all, of_make])
@pytest.mark.parametrize("moment", ["setting up .venv", " packages"])
def test_setup_is_stopped_and_goes_on(
    clone: Path, stop: Callable[[subprocess.Popen[str]], None], moment: str
) -> None:
    with setup(clone) as first:
        lines_until(first, moment)
        stop(first)
        shown, _ = first.communicate(timeout=60)
    assert STOPPED in shown
    assert "Traceback" not in shown
    assert first.returncode != 0
    with setup(clone) as second:
        shown, _ = second.communicate(timeout=600)
    assert second.returncode == 0, shown
    assert "sluice: the environment is ready" in shown
    imported = subprocess.run(
        [clone / ".venv" / "bin" / "python", "-c", "import PIL, msgspec, idna"], check=False
    )
    assert imported.returncode == 0


def test_what_pip_was_stopped_at_is_installed_again(clone: Path) -> None:
    with setup(clone) as first:
        first.communicate(timeout=600)
    (described,) = (clone / ".venv" / "lib").glob("python*/site-packages/idna-*.dist-info")
    (described / "INSTALLER").unlink()
    (described.parent / "idna" / "core.py").unlink()
    (clone / ".venv" / "sluice.stamp").unlink()
    with setup(clone) as second:
        second.communicate(timeout=600)
    assert (
        subprocess.run([clone / ".venv" / "bin" / "python", "-c", "import idna.core"], check=False).returncode
        == 0
    )
