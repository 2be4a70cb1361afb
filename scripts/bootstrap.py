"""Makes the environment in .venv: `python3 scripts/bootstrap.py [all|demo|dev]`. A second run costs nothing.

Runs on any Python 3.6 or newer, with nothing installed, so that what is missing gets one clear line.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "sluice.stamp"
OLDEST = (3, 11)
TAKES = {"all": "1.4 GB on disk", "demo": "1.4 GB on disk", "dev": "2.6 GB on disk"}
NEEDS_BYTES = {"all": 2000000000, "demo": 2000000000, "dev": 3500000000}
# Nothing is compiled, and no code of a package runs while it is installed.
SAFE = ("--require-hashes", "--only-binary", ":all:")
AS_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
LEVELS = ("all", "demo", "dev")  # each one holds those before it


def main(level: str) -> None:
    """Make .venv hold what `level` needs: all (to run), demo (its samples too), dev (the tests too)."""
    check_python()
    if is_up_to_date(level):
        return
    check_room(level)
    say(f"setting up .venv, once: {TAKES[level]}; stopped at any time, the next run goes on")
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
    for path in (requirements("uv"), requirements("build"), requirements(level), *described):
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
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    works = python().exists() and not status_of([str(python()), "-m", "pip", "--version"], **quiet)
    if not works:
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv failed")


def install(level: str) -> None:
    """The pinned requirements, each checked against its hash, then this project itself."""
    pinned = [argument for name in ("build", level) for argument in ("-r", str(requirements(name)))]
    drop_half_installed()
    tools = installers()
    if all(shown([*tool, *SAFE, *pinned]) for tool in tools):  # (a status: 0 ends it)
        fail("installing the requirements failed; is the package index within reach?")
    editable = [argument for project in projects() for argument in ("-e", str(project))]
    run(
        [*tools[0], "--quiet", "--no-deps", "--no-build-isolation", *editable],
        "installing the project failed",
    )


def installers() -> list:  # type: ignore[type-arg] # (as below)
    """What to install with, the first choice first: uv in a fifth of pip's time, pip where uv fails."""
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "install"]
    if status_of([*pip, "--quiet", *SAFE, "-r", str(requirements("uv"))]):
        return [pip]
    return [[str(VENV / "bin" / "uv"), "pip", "install", "--python", str(python())], pip]


def index() -> dict:  # type: ignore[type-arg] # (as below)
    """Where pip was told to find packages, in the words of uv, which does not read pip's settings."""
    listed = subprocess.run(
        [str(python()), "-m", "pip", "config", "list"], stdout=subprocess.PIPE, check=False
    )
    told = {"UV_HTTP_TIMEOUT": "180"}
    for line in listed.stdout.decode().splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in AS_UV:
            told[AS_UV[option]] = value.strip("'").replace("\\n", " ")
    return told


def drop_half_installed() -> None:
    """Have pip install again what it was stopped at: it writes INSTALLER once a package is whole."""
    for described in VENV.glob("lib/python*/site-packages/*.dist-info"):
        if not (described / "INSTALLER").exists():
            shutil.rmtree(str(described))


def shown(command: list) -> int:  # type: ignore[type-arg] # (as below)
    """Run pip or uv on pinned requirements and show how far it is; its errors at its end, and its status."""
    errors, shown_at = [], 0.0
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "universal_newlines": True}
    progress(f"getting {count_of(command)} packages")
    with started(command, env={**index(), **os.environ}, **piped) as process:
        for line in process.stdout or ():
            words = line.strip()
            if words.lower().startswith("error"):
                errors.append(words)
            if words.startswith(("Installing", "Prepared")):
                progress("unpacking them")
            elif words.startswith(("Collecting", "Downloading")) and time.time() - shown_at > pause():
                shown_at = time.time()
                progress(words[0].lower() + words[1:])
    progress("", last=True)
    if process.returncode and errors:
        say("; ".join(errors[:3]))
    return int(process.returncode)


def pause() -> float:
    """Seconds between two words on the progress: a terminal shows the last alone, a log keeps each."""
    return 0.2 if sys.stdout.isatty() else 10.0


def progress(words: str, last: bool = False) -> None:
    """A line that the next one takes the place of at a terminal, and a line of its own elsewhere."""
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K" + ("" if last else "sluice: " + words))
    elif not last:
        sys.stdout.write("sluice: " + words + "\n")
    sys.stdout.flush()


def count_of(command: list) -> int:  # type: ignore[type-arg] # (as below)
    """How many packages the requirements that pip is given pin."""
    files = [command[place + 1] for place, word in enumerate(command) if word == "-r"]
    return sum(
        "==" in line and line[0].isalnum() for name in files for line in Path(name).read_text().splitlines()
    )


def check_room(level: str) -> None:
    """End with one line where the disk is too full for what will be installed."""
    free = shutil.disk_usage(str(ROOT)).free
    if free < NEEDS_BYTES[level]:
        fail(
            f"disk full: {free // 1000000} MB are free at {ROOT}, setup needs "
            f"{NEEDS_BYTES[level] // 1000000} MB: free space, or clone to another disk"
        )


def prepare_broker() -> bool:
    """Get the embedded broker now, so that the first start is quick. Without it, the start tries again."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return True
    say("getting the embedded Kafka (43 MB, once)")
    return not status_of([str(python()), "-m", "libs.embedded"], cwd=str(ROOT))


def python() -> Path:
    """The environment's own Python."""
    return VENV / "bin" / "python"


def run(command: list, why: str) -> None:  # type: ignore[type-arg] # (list[str] is newer than Python 3.8)
    """Run a command; end with the reason if it fails."""
    if status_of(command):
        fail(why)


def status_of(command: list, **options) -> int:  # type: ignore[type-arg,no-untyped-def] # noqa: ANN003 (as above)
    """Run a command; its exit status."""
    with started(command, **options) as process:
        return int(process.wait())


@contextmanager
def started(command: list, **options):  # type: ignore[type-arg,no-untyped-def] # noqa: ANN003, ANN201 (as above)
    """A running command, awaited at the block's end; ended with all that it started where we are stopped.

    In a session of its own: Ctrl-C comes to us alone, so that it cannot end in a traceback of its own.
    """
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout:
            process.stdout.close()


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
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        main(chosen)
    except KeyboardInterrupt:
        fail("stopped; what is missing is installed the next time")
