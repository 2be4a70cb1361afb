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


async def installed(home: Path) -> Path:
    """The folder of the programs of a new environment in `home` that holds the built wheel alone."""
    shutil.copytree(ROOT / "sluice", home / "sluice", ignore=shutil.ignore_patterns("__pycache__"))
    wheels = home / "wheels"
    await run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, home / "sluice")
    await run(sys.executable, "-m", "venv", home / "venv")
    await run(home / "venv" / "bin" / "pip", "install", "-q", *wheels.glob("*.whl"))
    return home / "venv" / "bin"
