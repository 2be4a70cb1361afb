"""Whatever keeps the environment from being made gets one line, on old Pythons too."""

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path: Path) -> dict[str, Any]:
    """The script's own functions, working in a copy of the project's requirements."""
    names = runpy.run_path(str(SCRIPT))
    (tmp_path / "requirements").mkdir()
    for name in ("uv", "build", "all", "demo", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    (tmp_path / "sluice").mkdir()
    for project in (tmp_path, tmp_path / "sluice"):
        (project / "pyproject.toml").write_text("[project]\n")
    (tmp_path / ".venv").mkdir()
    # The functions look their globals up in the dict that run_path made them with.
    inside: dict[str, Any] = names["main"].__globals__
    inside.update(ROOT=tmp_path, VENV=tmp_path / ".venv", STAMP=tmp_path / ".venv" / "sluice.stamp")
    return inside


def stamp(bootstrap: dict[str, Any], level: str) -> None:
    bootstrap["STAMP"].write_text(f"{level} {bootstrap['fingerprint'](level)}\n")


def test_a_python_that_is_too_old_is_told_so(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, this is 3\.9; try: make PYTHON="):
        bootstrap["check_python"]()


def test_a_missing_venv_module_is_told_with_the_package_to_install(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match=r"sudo apt install python3\.\d+-venv"):
        bootstrap["check_python"]()


@pytest.mark.parametrize(
    ("installed", "wanted", "enough"), [("dev", "all", True), ("demo", "demo", True), ("all", "demo", False)]
)
def test_what_is_installed_is_enough_for_what_it_holds(
    bootstrap: dict[str, Any], installed: str, wanted: str, enough: bool
) -> None:
    stamp(bootstrap, installed)
    assert bootstrap["is_up_to_date"](wanted) is enough


def test_a_changed_pin_is_installed(bootstrap: dict[str, Any]) -> None:
    stamp(bootstrap, "dev")
    (bootstrap["ROOT"] / "requirements" / "dev.txt").write_text("dev==2\n")
    assert not bootstrap["is_up_to_date"]("dev")


def installing(bootstrap: dict[str, Any], works: Callable[[list[str]], bool]) -> list[list[str]]:
    """What installing calls, where that does or does not work."""
    called: list[list[str]] = []

    def status(command: list[str], **_: object) -> int:
        called.append(command)
        return 0 if works(command) else 1

    bootstrap.update(status_of=status, shown=status)
    bootstrap["install"]("demo")
    return called


@pytest.mark.parametrize(
    ("tools", "works"),
    [
        (["pip", "uv", "uv"], lambda _: True),
        (["pip", "pip", "pip"], lambda command: not command[-1].endswith("uv.txt")),
        (["pip", "uv", "pip", "uv"], lambda command: "--python" not in command or "--no-deps" in command),
    ],
    ids=["uv", "no uv to be had", "uv does not reach the index"],
)
def test_nothing_is_compiled_and_everything_is_checked(
    bootstrap: dict[str, Any], tools: list[str], works: Callable[[list[str]], bool]
) -> None:
    """A fresh machine has no compiler, and what is built while it is installed is checked by no one."""
    *requirements, project = called = installing(bootstrap, works)
    assert ["uv" if "--python" in command else "pip" for command in called] == tools
    for command in requirements:
        assert command[command.index("--only-binary") + 1] == ":all:"
        assert "--require-hashes" in command
    assert "--no-build-isolation" in project


def test_uv_is_told_where_pip_finds_packages(
    bootstrap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example")
    bootstrap["python"] = lambda: Path(sys.executable)
    told = bootstrap["index"]()
    assert told["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert told["UV_INDEX"] == "https://a.example https://b.example"


def test_the_environment_is_not_called_ready_where_kafka_could_not_be_had(
    bootstrap: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    bootstrap.update(
        make_venv=lambda: None, run=lambda *_: None, shown=lambda _: 0, python=lambda: Path("/bin/false")
    )
    bootstrap["main"]("demo")
    assert capsys.readouterr().out.splitlines()[-1] == "sluice: the environment is ready, but for Kafka"


def test_an_unknown_level_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "everything"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "sluice: choose one of all, demo, dev, not everything\n"


def test_an_installation_shows_how_far_it_is_and_what_went_wrong(
    bootstrap: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pip = "print('Collecting demo'); print('ERROR: no such package'); raise SystemExit(1)"
    pinned = str(bootstrap["ROOT"] / "requirements" / "demo.txt")
    bootstrap["python"] = lambda: Path(sys.executable)
    assert bootstrap["shown"]([sys.executable, "-c", pip, "-r", pinned]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "sluice: getting 1 packages", "sluice: collecting demo", "sluice: ERROR: no such package",
    ]  # fmt: skip


def test_a_disk_that_is_too_full_is_told_before_anything_is_installed(bootstrap: dict[str, Any]) -> None:
    bootstrap["NEEDS_BYTES"]["demo"] = 10**18
    with pytest.raises(SystemExit, match=r"disk full: \d+ MB are free at .*, setup needs"):
        bootstrap["main"]("demo")
