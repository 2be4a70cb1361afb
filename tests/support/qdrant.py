"""Starting a vector store for tests: `tests.support.qdrant_http` as a process, or the real server."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from libs.common.points.fields import INDEXES
from tests.support.qdrant_faults import CONTROL, Fault
from tests.support.qdrant_http import VERSION
from tests.support.waiting import LIMIT_S

START_SECONDS = 30.0
STOP_SECONDS = 20.0
HOST = "127.0.0.1"
_IMAGE = "qdrant/qdrant:v1.18.0"


class QdrantHttp:
    """A running `qdrant_http` over the collections in `data`, and its faults."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    @classmethod
    async def start(
        cls,
        data: Path,
        port: int = 0,
        log: Path | None = None,
        version: str = "1.20.0",
        indexes: Collection[str] = INDEXES.keys(),
    ) -> "QdrantHttp":
        """Start it, on the given port or a free one; it serves when this returns. Its words go to `log`.

        It says that it is release `version`; one before 1.20 refuses rankings by words. Of the `indexes` it
        really has these alone.
        """
        words = None if log is None else log.open("ab")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.support.qdrant_http", "--port", str(port), "--data", str(data)),
            *("--indexes", *indexes),
            stdout=asyncio.subprocess.PIPE,
            stderr=words,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), VERSION: version},
        )
        if words is not None:
            words.close()
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        assert line, "qdrant_http ended before it served"
        return cls(process, int(line))

    async def fault(self, fault: Fault) -> None:
        """Have the next requests fail so."""
        await self._control("POST", msgspec.json.encode(fault))

    async def no_faults(self) -> None:
        """Forget the faults that have not happened."""
        await self._control("DELETE")

    async def requests(self) -> int:
        """How many requests came so far, control not counted."""
        return int((await self._control("GET"))["requests"])

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; its data stays."""
        if self._process.returncode is None:
            self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), STOP_SECONDS)

    async def _control(self, method: str, body: bytes | None = None) -> dict[str, Any]:
        async with httpx.AsyncClient() as client:
            answer = await client.request(method, f"http://{HOST}:{self.port}{CONTROL}", content=body)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@asynccontextmanager
async def qdrant_http(
    data: Path, version: str = "1.20.0", indexes: Collection[str] = INDEXES.keys()
) -> AsyncIterator[QdrantHttp]:
    """A `qdrant_http` process for as long as the block runs."""
    server = await QdrantHttp.start(data, version=version, indexes=indexes)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def qdrant_container() -> AsyncIterator[int]:
    """The port of a real Qdrant server in a container."""
    from testcontainers.community.qdrant import QdrantContainer  # noqa: PLC0415 - needs a Docker client

    container = QdrantContainer(_IMAGE)
    await asyncio.to_thread(container.start)
    try:
        yield int(container.exposed_rest_port)
    finally:
        await asyncio.to_thread(container.stop)


def docker_problem() -> str | None:
    """Why no container can be started here, or None if one can."""
    docker = shutil.which("docker")
    if docker is None:
        return "Docker is not installed"
    requested = subprocess.run([docker, "info"], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return None if requested.returncode == 0 else f"Docker does not run: {requested.stderr.strip()}"
