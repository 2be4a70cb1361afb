"""The whole system as a process of its own, as `make run` starts it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.waiting import LIMIT_S

TERMINAL = ("completed", "failed")


@dataclass
class Process:
    """A running `python -m services`."""

    process: asyncio.subprocess.Process
    base_url: str
    log: Path

    def kill(self) -> None:
        """End it as a power cut would: no handler runs."""
        os.kill(self.process.pid, signal.SIGKILL)

    async def stop(self) -> int:
        """Ctrl-C once; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 40)

    def text(self) -> str:
        """All it has said."""
        return self.log.read_text(errors="replace")


def free_port() -> int:
    """A port that no one listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def system(data_dir: Path, module: str = "services", **environment: str) -> AsyncIterator[Process]:
    """The system over `data_dir`, ready; killed at the end if it still runs."""
    port, log = int(environment.get("PORT") or free_port()), data_dir.parent / f"{data_dir.name}.log"
    env = {
        "ML_MODEL": "lite",
        **os.environ,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        **environment,
    }
    if "KAFKA_BOOTSTRAP_SERVERS" not in environment:
        env.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, env=env, stdout=out, stderr=out
        )
    started = Process(process, f"http://127.0.0.1:{port}", log)
    try:
        await _ready(started)
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ready(started: Process) -> None:
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient(base_url=started.base_url) as client:
        while True:
            if started.process.returncode is not None:
                raise AssertionError(f"it ended at its start:\n{started.text()}")
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def new_collection(client: httpx.AsyncClient, name: str) -> None:
    """Make a collection and select it."""
    (await client.post("/api/v1/collections", json={"collection_name": name})).raise_for_status()
    (await client.post("/api/v1/collections/select", json={"collection_name": name})).raise_for_status()


async def submit(client: httpx.AsyncClient, directory: Path | str, **body: Any) -> str:
    """Ask for a directory to be ingested; the job id."""
    answer = await client.post("/api/v1/ingest/", json={"directory_path": str(directory), **body})
    answer.raise_for_status()
    return str(answer.json()["job_id"])


async def status(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job's status as clients read it."""
    answer = await client.get(f"/api/v1/ingest/status/{job_id}")
    answer.raise_for_status()
    return dict(answer.json())


async def finished(client: httpx.AsyncClient, job_id: str, timeout_s: float = LIMIT_S) -> dict[str, Any]:
    """The job's last status."""
    async with asyncio.timeout(timeout_s):
        while True:
            now = await status(client, job_id)
            if now["status"] in TERMINAL:
                return now
            await asyncio.sleep(0.1)
