"""Any number of large pictures to search by at once takes the memory of a few."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.broker import Broker
from tests.support.gateway_process import gateway_process
from tests.support.qdrant import qdrant_http

API = "/api/v1"
BODIES, MEGABYTES, MOST_MB = 10, 99, 500
"""They took 2,380 MB when each was read into memory and sent on from there."""


async def body() -> AsyncIterator[bytes]:
    """A form with a file that begins like a JPEG."""
    yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n\xff\xd8\xff\xe0'
    for _ in range(MEGABYTES):
        yield b"x" * 1_000_000
    yield b"\r\n--x--\r\n"


async def peak_mb(process: psutil.Process, until: asyncio.Event) -> float:
    """The most memory that the process and its children had at once while it was looked."""
    most = 0
    while not until.is_set():
        together = 0
        for each in (process, *process.children(recursive=True)):
            try:
                together += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        most = max(most, together)
        await asyncio.sleep(0.05)
    return most / 1e6


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_ten_large_pictures_at_once_take_the_memory_of_two(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    async with (
        qdrant_http(tmp_path / "store") as store,
        gateway_process(kafka.bootstrap_servers, prefix, store.port, tmp_path / "one") as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=300) as client,
    ):
        await client.post(f"{API}/collections", json={"collection_name": "photos"})
        await client.post(f"{API}/collections/select", json={"collection_name": "photos"})
        done = asyncio.Event()
        peak = asyncio.create_task(peak_mb(psutil.Process(gateway.process.pid), done))
        posts = [client.post(f"{API}/search/image", content=body(), headers=headers) for _ in range(BODIES)]
        answers = await asyncio.gather(*posts, return_exceptions=True)
        done.set()
        found = await peak

    statuses = [answer.status_code for answer in answers if isinstance(answer, httpx.Response)]
    assert 400 in statuses, "each that is looked at is no picture"
    assert set(statuses) <= {400, 503}
    assert found < MOST_MB
