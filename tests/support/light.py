"""The light distribution, built and installed alone, as people get it."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 300.0


async def run(*command: str | Path, status: int = 0, **environment: str) -> str:
    """What a command says, away from the checkout and its settings; AssertionError for another status."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or "PIP_" in name}
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=kept | environment,
        cwd="/",
    )
    try:
        message, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == status, message.decode()[-2000:]
    return message.decode()


async def installed(home: Path, python: str = sys.executable) -> Path:
    """The folder of the programs of a new environment of `python` in `home` with the built wheel alone."""
    shutil.copytree(ROOT / "sluice", home / "sluice", ignore=shutil.ignore_patterns("__pycache__"))
    wheels = home / "wheels"
    await run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, home / "sluice")
    await run(python, "-m", "venv", home / "venv")
    await run(home / "venv" / "bin" / "pip", "install", "-q", *wheels.glob("*.whl"))
    return home / "venv" / "bin"


def other_pythons() -> list[str]:
    """Later Pythons than this one that the machine has, by the names that they have on PATH or in pyenv."""
    found: list[str] = []
    for minor in range(sys.version_info.minor + 1, 20):
        name = f"python3.{minor}"
        kept = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"))
        if program := str(kept[-1]) if kept else shutil.which(name):
            found.append(program)
    return found
