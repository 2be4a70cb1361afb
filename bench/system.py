"""Sluice under measurement: processes started as users start them, asked over REST."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from bench.ml_stub import Usage
from libs.common.errors import Code, SluiceError

READY_SECONDS = 300.0
"""With a million points in the embedded store, whose indexes the engine reads as it starts."""
STOP_SECONDS = 40.0
POLL_SECONDS = 0.02

_ROLES = {"services.processor.decoding.child": "decoders", "kafka.Kafka": "Kafka", "engine.process": "store"}
"""What a child's command line says, and what it is."""


@dataclass(frozen=True, slots=True)
class Stub:
    """A running bench.ml_stub."""

    base_url: str
    pid: int

    async def usage(self) -> Usage:
        """What it did since it was last asked."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.base_url}/usage")
        return msgspec.json.decode(answer.content, type=Usage)


@dataclass(frozen=True, slots=True)
class System:
    """`python -m services`, ready."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    ready_s: float

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.http.base_url.port or 0

    async def collection(self, name: str) -> None:
        """Make a collection and select it."""
        await self._post("/collections", {"collection_name": name})
        await self.select(name)

    async def select(self, name: str) -> None:
        """Make it the one that requests without a collection go to."""
        await self._post("/collections/select", {"collection_name": name})

    async def submit(self, path: Path, **options: Any) -> str:
        """Have a folder, or a file, ingested; the job id."""
        return str((await self._post("/ingest/", {"directory_path": str(path), **options}))["job_id"])

    async def retry(self, job_id: str, **options: Any) -> str:
        """Have a job's failed files gone through again; the id of the job that does."""
        return str((await self._post(f"/ingest/jobs/{job_id}/retry", options))["job_id"])

    async def status(self, job_id: str) -> dict[str, Any]:
        """The job as clients see it."""
        answer = await self.http.get(f"/api/v1/ingest/status/{job_id}")
        answer.raise_for_status()
        return dict(answer.json())

    async def ingest(self, path: Path, count: int, timeout_s: float = 300.0, **options: Any) -> float:
        """Seconds from the request until the job is over; SluiceError unless all files were stored."""
        start = time.perf_counter()
        job = await self.submit(path, **options)
        return await self.over(job, count, timeout_s) - start

    async def over(self, job: str, count: int, timeout_s: float = 300.0) -> float:
        """The time.perf_counter() at which the job was over; SluiceError unless it stored `count`."""
        async with asyncio.timeout(timeout_s):
            while (now := await self.status(job))["status"] not in ("completed", "failed"):
                # A large job is asked about seldom, as that is work too, until its end is near.
                near = now["progress"] > 90 or count < 100
                await asyncio.sleep(POLL_SECONDS if near else 10 * POLL_SECONDS)
        end = time.perf_counter()
        if now["counts"]["stored"] != count:
            raise SluiceError(Code.INTERNAL, f"not all {count} files were stored: {now['message']}")
        return end

    def memory_mb(self) -> float:
        """What the process and its children hold; what they share counts once."""
        root = psutil.Process(self.process.pid)
        everything = (root, *root.children(recursive=True))
        return float(sum(each.memory_full_info().pss for each in everything)) / 1e6

    def cpu_seconds(self) -> dict[str, float]:
        """What each kind of process has computed so far."""
        return cpu_by_role(psutil.Process(self.process.pid))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.http.post(f"/api/v1{path}", json=body)
        answer.raise_for_status()
        return dict(answer.json())


@asynccontextmanager
async def system(data_dir: Path, **environment: str) -> AsyncIterator[System]:
    """Everything embedded but what `environment` names, over `data_dir`; stopped at the end."""
    port = free_port()
    env = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port), "HOST": "127.0.0.1", **environment}
    start = time.perf_counter()
    with data_dir.with_suffix(".log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", env=env, stdout=log, stderr=log
        )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base, timeout=60.0) as http:
            await answers(http, "/readyz", process)
            yield System(process, http, time.perf_counter() - start)
    finally:
        await end(process)


@asynccontextmanager
async def stub(
    fixed_ms: float = 0.0, per_image_ms: float = 0.0, *, reads_text: bool = False
) -> AsyncIterator[Stub]:
    """The ML stub in a process of its own."""
    port = free_port()
    text = ["text"] if reads_text else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.ml_stub", str(port), str(fixed_ms), str(per_image_ms), *text
    )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base) as http:
            await answers(http, "/usage", process)
        yield Stub(base, process.pid)
    finally:
        await end(process)


def cpu_by_role(root: psutil.Process) -> dict[str, float]:
    """Core seconds of a process and its children, by kind."""
    found = dict.fromkeys((*_ROLES.values(), "services"), 0.0)
    for each in (root, *root.children(recursive=True)):
        command = " ".join(each.cmdline())
        role = next((role for part, role in _ROLES.items() if part in command), "services")
        found[role] += cpu_of(each)
    return found


def cpu_of(process: psutil.Process) -> float:
    """Seconds of a core that the process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def free_port() -> int:
    """A port that no one listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def answers(
    http: httpx.AsyncClient,
    path: str,
    process: asyncio.subprocess.Process,
    within_s: float = READY_SECONDS,
) -> None:
    """Return once the process answers a GET of `path` with 200; SluiceError if it ends before that."""
    async with asyncio.timeout(within_s):
        while True:
            if process.returncode is not None:
                raise SluiceError(Code.INTERNAL, f"it ended at its start, with {process.returncode}")
            try:
                if (await http.get(path)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)


async def end(process: asyncio.subprocess.Process, options: signal.Signals = signal.SIGINT) -> None:
    """Have the process end, by `wish` and if need be by force."""
    if process.returncode is None:
        process.send_signal(options)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
