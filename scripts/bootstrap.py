"""Makes the environment in .venv: `python3 scripts/bootstrap.py [all|demo|dev]`. A second run costs nothing.

Runs on any Python 3.6 or newer, with nothing installed, so that what is missing gets one clear line.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "sluice.stamp"
OLDEST = (3, 11)
LEVELS = ("all", "demo", "dev")  # each one holds those before it


def main(level: str) -> None:
    """Make .venv hold what `level` needs: all (to run), demo (its samples too), dev (the tests too)."""
    check_python()
    if is_up_to_date(level):
        return
    say("setting up .venv (once; a few minutes at most)")
    make_venv()
    install(level)
    STAMP.write_text(f"{level} {fingerprint(level)}\n")
    say("the environment is ready" if prepare_broker() else "the environment is ready, but for Kafka")


def check_python() -> None:
    """End with one line if this Python cannot run the project."""
    if sys.version_info < OLDEST:
        wanted = ".".join(str(part) for part in OLDEST)
        fail(
            f"Python {wanted} or newer is needed, this is {sys.version_info[0]}.{sys.version_info[1]}; "
            "try: make PYTHON=python3.12 ..."
        )
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        fail(
            "this Python has no venv module; on Debian and Ubuntu install it with: "
            f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        )


def is_up_to_date(level: str) -> bool:
    """Whether .venv holds this level, or one above it, of the requirements as they are now."""
    try:
        installed, printed = STAMP.read_text().split()
    except (FileNotFoundError, ValueError):
        return False
    return installed in LEVELS[LEVELS.index(level) :] and printed == fingerprint(installed)


def fingerprint(level: str) -> str:
    """Changes with what would be installed."""
    digest = hashlib.sha256()
    described = [project / "pyproject.toml" for project in projects()]
    for path in (requirements("build"), requirements(level), *described):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def projects() -> tuple:  # type: ignore[type-arg] # (tuple[Path, Path] is newer than Python 3.8)
    """The services, and the command with its client."""
    return ROOT, ROOT / "sluice"


def requirements(name: str) -> Path:
    """The pinned requirements of that name."""
    return ROOT / "requirements" / f"{name}.txt"


def make_venv() -> None:
    """An environment of this Python, unless there is one that works."""
    works = (
        python().exists()
        and not subprocess.run(
            [str(python()), "-m", "pip", "--version"], stdout=subprocess.DEVNULL, check=False
        ).returncode
    )
    if not works:
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv failed")


def install(level: str) -> None:
    """The pinned requirements, each checked against its hash, then this project itself."""
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # Nothing is compiled, and no code of a package runs while it is installed.
    safe = ["--require-hashes", "--only-binary", ":all:"]
    pinned = [argument for name in ("build", level) for argument in ("-r", str(requirements(name)))]
    why = "installing the requirements failed; is the package index within reach?"
    run([*pip, *safe, *pinned], why)
    editable = [argument for project in projects() for argument in ("-e", str(project))]
    run([*pip, "--no-deps", "--no-build-isolation", *editable], "installing the project failed")


def prepare_broker() -> bool:
    """Get the embedded broker now, so that the first start is quick. Without it, the start tries again."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return True
    say("getting the embedded Kafka (43 MB, once)")
    return not subprocess.run([str(python()), "-m", "libs.embedded"], cwd=str(ROOT), check=False).returncode


def python() -> Path:
    """The environment's own Python."""
    return VENV / "bin" / "python"


def run(command: list, why: str) -> None:  # type: ignore[type-arg] # (list[str] is newer than Python 3.8)
    """Run a command; end with the reason if it fails."""
    if subprocess.run(command, check=False).returncode:
        fail(why)


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"sluice: {sentence}\n")
    sys.stdout.flush()


def fail(sentence: str) -> None:
    """End with one line."""
    sys.exit(f"sluice: {sentence}")


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "dev"
    if chosen not in LEVELS:
        fail(f"choose one of {', '.join(LEVELS)}, not {chosen}")
    try:
        main(chosen)
    except KeyboardInterrupt:
        fail("stopped; what is missing is installed the next time")
