"""Stopping and starting the whole system: drained by a signal, or killed in the middle of a job."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from sluice.terminal import EXIT_INTERRUPTED
from tests.support.system import Process, finished, free_port, new_collection, status, submit, system
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

FILES = 300
APART_SECONDS = 0.4
"""Signals that are nearer than 0.3 s to each other are one wish."""
SESSION_SECONDS = 30.0
"""After so long brokers give up a member that is gone."""
AT_ONCE_SECONDS = 8.0
"""The deadline is at 60; the broker, which is stopped while it starts, takes some of these."""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Small pictures, each of another content."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(FILES):
        noise = Image.effect_noise((480, 480), 8 + number)
        noise.convert("RGB").save(folder / f"{number:04}.jpg", quality=70)
    return folder


def client_of(running: Process) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=running.base_url, timeout=LIMIT_S)


async def part_done(client: httpx.AsyncClient, job_id: str, count: int) -> None:
    """Wait until some of the job is stored, but not all of it."""
    async with asyncio.timeout(LIMIT_S):
        while (await status(client, job_id))["counts"]["stored"] < count:
            await asyncio.sleep(0.02)


async def checked(client: httpx.AsyncClient, done: dict[str, Any]) -> None:
    """Nothing lost, nothing counted twice: one outcome and one point for each file."""
    assert (done["state"], done["counts"]["total"], done["counts"]["stored"]) == ("completed", FILES, FILES)
    files = (await client.get(f"/api/v1/ingest/jobs/{done['job_id']}/files", params={"limit": 1000})).json()
    assert len({item["id"] for item in files["items"]}) == len(files["items"]) == FILES
    info = (await client.get("/api/v1/collections/photos/info")).json()
    assert info["points_count"] == FILES


def family(pid: int) -> list[psutil.Process]:
    children: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    return children


async def test_killed_in_the_middle_of_a_job_it_goes_on_by_itself(tmp_path: Path, photos: Path) -> None:
    data = tmp_path / "data"
    async with system(data) as first, client_of(first) as client:
        await new_collection(client, "photos")
        job_id = await submit(client, photos)
        await part_done(client, job_id, 20)
        children = family(first.process.pid)
        assert any("java" in child.name() for child in children)
        first.kill()
        await first.process.wait()
        await asyncio.to_thread(psutil.wait_procs, children, 20)
        assert not [child for child in children if child.is_running()], "an orphan is left"
    async with system(data) as second, client_of(second) as client, asyncio.timeout(SESSION_SECONDS):
        # No one waits for the sessions of those that were killed.
        assert (await status(client, job_id))["counts"]["stored"] >= 20
        await checked(client, await finished(client, job_id))


@pytest.mark.slow
async def test_a_signal_drains_and_says_so_and_the_next_start_has_everything(
    tmp_path: Path, photos: Path
) -> None:
    data = tmp_path / "data"
    async with system(data) as first, client_of(first) as client:
        await new_collection(client, "photos")
        job_id = await submit(client, photos)
        await part_done(client, job_id, 20)
        children = family(first.process.pid)
        assert await first.stop() == 0
        assert "draining" in first.text()
        assert first.text().rstrip().endswith("stopped")
        assert "Traceback" not in first.text()
        assert not [child for child in children if child.is_running()], "an orphan is left"
    async with system(data) as second, client_of(second) as client:
        assert (await client.get("/api/v1/collections")).json() == ["photos"]
        await checked(client, await finished(client, job_id))


@pytest.mark.slow
async def test_a_second_signal_leaves_at_once(tmp_path: Path) -> None:
    async with system(tmp_path / "data") as running:
        children = family(running.process.pid)
        running.process.send_signal(signal.SIGINT)
        await until(lambda: "draining" in running.text())
        await asyncio.sleep(APART_SECONDS)
        running.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(running.process.wait(), 20) == EXIT_INTERRUPTED
        assert "stopped at once" in running.text().splitlines()[-1]
        assert "Traceback" not in running.text()
        await asyncio.to_thread(psutil.wait_procs, children, 20)
        assert not [child for child in children if child.is_running()], "an orphan is left"


async def message(process: asyncio.subprocess.Process, words: str, within_s: float = 60.0) -> None:
    """Wait until it says so on standard error."""
    assert process.stderr is not None
    async with asyncio.timeout(within_s):
        while words not in (line := (await process.stderr.readline()).decode()):
            assert line, f"it ended without saying {words!r}"


@asynccontextmanager
async def starting(data: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The system, begun; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services"),
        env={**os.environ, "DATA_DIR": str(data), "PORT": str(free_port()), **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    "at", ["starting Apache Kafka", pytest.param("starting the services", marks=pytest.mark.slow)]
)
async def test_a_signal_during_the_start_is_heeded_at_once(tmp_path: Path, at: str) -> None:
    async with starting(tmp_path / "data", DRAIN_SECONDS="60") as process:
        await message(process, at)
        began, children = time.monotonic(), family(process.pid)
        process.send_signal(signal.SIGINT)
        _, rest = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0
        assert rest.decode().splitlines()[-1] == "sluice: stopped"
        assert b"ready at" not in rest
        assert b"Traceback" not in rest
        assert time.monotonic() - began < AT_ONCE_SECONDS
        assert not [child for child in children if child.is_running()], "an orphan is left"


@pytest.mark.slow
async def test_it_is_not_called_ready_while_what_is_outside_is_away(tmp_path: Path) -> None:
    ml, qdrant = free_port(), free_port()
    outside = {
        "ML_INFERENCE_SERVICE_URL": f"http://127.0.0.1:{ml}",
        "QDRANT_HOST": "127.0.0.1",
        "QDRANT_PORT": str(qdrant),
    }
    async with starting(tmp_path / "data", **outside) as process:
        await message(process, "is not ready: ")
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode == 0
        assert b"ready at" not in rest


@pytest.mark.slow
async def test_a_broker_that_is_killed_ends_everything_with_one_line(tmp_path: Path) -> None:
    async with system(tmp_path / "data", LOG_LEVEL="ERROR", DRAIN_SECONDS="3") as running:
        children = family(running.process.pid)
        next(child for child in children if "java" in child.name()).kill()
        assert await asyncio.wait_for(running.process.wait(), 90) == 1
        assert "the embedded broker ended by itself" in running.text().splitlines()[-1]
        assert "Traceback" not in running.text()
        assert not [child for child in children if child.is_running()], "an orphan is left"


@pytest.mark.slow
async def test_a_data_directory_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with system(data) as running:
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services"),
            env={**os.environ, "DATA_DIR": str(data), "PORT": str(free_port())},
            stderr=asyncio.subprocess.PIPE,
        )
        _, message = await asyncio.wait_for(second.communicate(), 30)
        assert second.returncode != 0
        assert message.decode().count("\n") == 1
        assert running.process.returncode is None
