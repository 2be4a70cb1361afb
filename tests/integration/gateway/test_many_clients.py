"""Clients that take what they asked for slowly, or never, do not keep others waiting."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from libs.common.store.protocol import Point, Store
from services.gateway.app import build
from tests.support import photos
from tests.support.broker import Broker
from tests.support.gateway import gateway_settings
from tests.support.serving import running
from tests.support.system import free_port
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow

API = "/api/v1"
MANY = 64
PHOTO_BYTES = 8_000_000


@pytest.fixture
async def served(
    gateway: httpx.AsyncClient, kafka: Broker, prefix: str, store: Store, data: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway behind a socket; the first one has listed the folder of all tests."""
    assert gateway
    port = free_port()
    settings = gateway_settings(kafka.bootstrap_servers, prefix, data / "served", port=port)
    async with (
        running(build(settings, store)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S) as client,
    ):

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)
        yield client


@pytest.fixture
async def large_photo(served: httpx.AsyncClient, store: Store, tmp_path: Path) -> str:
    """The path of a file that is larger than what sockets hold."""
    file, collection = tmp_path / "large.jpg", f"c{uuid4().hex[:8]}"
    file.write_bytes(photos.jpeg(64, 48) + bytes(PHOTO_BYTES))
    made = await served.post(f"{API}/collections", json={"collection_name": collection})
    assert made.status_code == 201
    await served.post(f"{API}/collections/select", json={"collection_name": collection})
    point = Point(str(uuid4()), [1.0] + [0.0] * 511, {"filename": file.name, "full_path": str(file)})
    await store.upsert(collection, [point])
    return f"{API}/images/{point.id}/image?original=true"


def silent_readers(port: int, path: str) -> Iterator[socket.socket]:
    """Connections that ask for the path and read nothing."""
    for _ in range(MANY):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield connection


async def test_many_silent_readers_hold_no_one_up(served: httpx.AsyncClient, large_photo: str) -> None:
    port = served.base_url.port
    assert port is not None
    with ExitStack() as opened:
        for path in (f"{API}/ingest/events", large_photo):
            for connection in silent_readers(port, path):
                opened.enter_context(connection)
                first = connection
            connection.settimeout(LIMIT_S)

        begun = time.monotonic()
        for path in ("/readyz", f"{API}/ingest/jobs", f"{API}/collections", "/metrics"):
            assert (await served.get(path)).status_code == 200, path
        took = time.monotonic() - begun

        assert await asyncio.to_thread(first.recv, 12) == b"HTTP/1.1 200"
    assert took < LIMIT_S / 4
