"""Each stage started from its own pinned requirements, and nothing more: as its image has it."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.system import free_port
from tests.support.waiting import LIMIT_S
from tests.unit.deploy.described import ROOT, STAGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# All others wait for Kafka by now; the dashboard has pages that say that the gateway is away.
READY = {"ml": 200, "dashboard": 200}
WAITING = 503


async def done(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    message, _ = await process.communicate()
    assert process.returncode == 0, message.decode()[-2000:]


async def installed(stage: str, venv: Path) -> Path:
    """The Python of a new environment, made as the Dockerfile makes it."""
    await done(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    pinned = ROOT / "requirements" / f"{stage}.txt"
    await done(*pip, "install", "-q", "--require-hashes", "--only-binary", ":all:", "-r", pinned)
    source, wheels = copied(venv / "source"), venv / "wheels"
    await done(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", wheels, source)
    await done(*pip, "install", "-q", "--no-deps", "--no-index", *wheels.glob("*.whl"))
    return python


def copied(to: Path) -> Path:
    """What the Dockerfile copies; building in place would leave things behind."""
    to.mkdir()
    for name in ("sluice", "libs", "services"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, to / name)
    return to


@asynccontextmanager
async def started(
    stage: str, python: Path, home: Path, port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {
        "PATH": os.environ["PATH"],
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "PORT": str(port),
        "HEALTH_PORT": str(port),
        "DATA_DIR": str(home / "data"),
    }
    process = await asyncio.create_subprocess_exec(python, "-m", f"services.{stage}", env=env, cwd=home)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("stage", STAGES)
async def test_a_stage_starts_with_its_own_requirements_alone_and_obeys_sigterm(
    stage: str, tmp_path: Path
) -> None:
    python, port = await installed(stage, tmp_path / "venv"), free_port()
    async with started(stage, python, tmp_path, port) as process:
        assert await answer(process, port) == READY.get(stage, WAITING)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def answer(process: asyncio.subprocess.Process, port: int) -> int:
    """What /readyz says, once anything does."""
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient() as client:
        while True:
            assert process.returncode is None, "it ended at its start"
            try:
                return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code
            except httpx.TransportError:
                await asyncio.sleep(0.1)
