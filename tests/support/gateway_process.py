"""Gateways as processes of their own, side by side over one broker and one Qdrant."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.system import free_port
from tests.support.waiting import LIMIT_S


@dataclass(frozen=True)
class GatewayProcess:
    """A running `python -m services.gateway`."""

    process: asyncio.subprocess.Process
    url: str
    log: Path

    async def stop(self) -> int:
        """Tell it to end; the exit status."""
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def gateway_process(
    bootstrap_servers: str, prefix: str, qdrant_port: int, data: Path, **environment: str
) -> AsyncIterator[GatewayProcess]:
    """A gateway that is ready; it is ended with the block."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "TOPIC_PREFIX": prefix,
        "TOPIC_PARTITIONS": "4",
        "QDRANT_HOST": "127.0.0.1",
        "QDRANT_PORT": str(qdrant_port),
        "ML_INFERENCE_SERVICE_URL": "http://127.0.0.1:1",
        "DATA_DIR": str(data),
        "UPLOAD_DIR": str(data.parent / "uploads"),
        "INSTANCE": data.name,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        **environment,
    }
    log = data.with_suffix(".log")
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.gateway", env=env, stdout=out, stderr=out
        )
    gateway = GatewayProcess(process, url, log)
    try:
        await _ready(process, url, log)
        yield gateway
    finally:
        if process.returncode is None:
            await gateway.stop()


async def _ready(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient(base_url=url) as client:
        while True:
            assert process.returncode is None, log.read_text(errors="replace")
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
