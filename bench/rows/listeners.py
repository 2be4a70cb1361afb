"""Row 16: a running job's status while 100 clients listen to events, and while 50 clients poll it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from uuid import uuid4

import psutil

from bench.cluster import Cluster, cluster
from bench.connection import PlainHttp
from bench.place import Place
from bench.result import Figure
from bench.system import System, cpu_of, free_port
from libs.common import ids
from libs.common.events import Accepted, Listed, Outcome, Outcomes
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import event
from libs.common.kafka.publisher import Publisher
from libs.common.settings import StageSettings

LISTENERS, POLLERS = 100, 50
SECONDS = 10.0
EVENT_SECONDS = 0.05
"""Between two events of the job, each of FILES files."""
FILES = 50
TOTAL = 1_000_000


async def readers(place: Place) -> list[Figure]:
    """The slowest hundredth of status reads, and what the gateway computes meanwhile."""
    waits: list[float] = []
    async with (
        cluster(place.fresh(), QDRANT_HOST="127.0.0.1", QDRANT_PORT=str(free_port())) as running,
        running.gateway() as gateway,
        _job(running) as job,
    ):
        port, path = gateway.port, f"/api/v1/ingest/status/{job}"
        quiet, _ = await _measured(gateway, path)
        async with _clients([_listen(port) for _ in range(LISTENERS)]):
            listened, core = await _measured(gateway, path)
        async with _clients([_poll(port, path, waits) for _ in range(POLLERS)]):
            process, begun = psutil.Process(gateway.process.pid), len(waits)
            before = cpu_of(process)
            await asyncio.sleep(SECONDS)
            each_ms = 1000 * (cpu_of(process) - before) / max(1, len(waits) - begun)
    waits.sort()
    return [
        _figure(
            "16 status-p99-listened",
            _p99(listened),
            f"without listeners {_p99(quiet):.0f}; {core:.0%} of a core",
        ),
        _figure(
            "16 status-p99-polled",
            _p99(waits),
            f"p50 {waits[len(waits) // 2]:.0f}, {each_ms:.2f} ms of a core a read",
        ),
    ]


def _figure(name: str, value: float, note: str) -> Figure:
    return Figure(name=name, value=value, unit="ms", target=60, bound="at most", note=note)


def _p99(waits: list[float]) -> float:
    return sorted(waits)[int(0.99 * (len(waits) - 1))]


async def _measured(gateway: System, path: str) -> tuple[list[float], float]:
    """Milliseconds of each status read of one client, and the gateway's share of a core."""
    process, waits = psutil.Process(gateway.process.pid), list[float]()
    async with PlainHttp.open(gateway.port) as http:
        for _ in range(3):
            await http.get(path)
        begun, before = time.perf_counter(), cpu_of(process)
        while time.perf_counter() - begun < SECONDS:
            start = time.perf_counter()
            await http.get(path)
            waits.append(1000 * (time.perf_counter() - start))
            await asyncio.sleep(0.05)
    return waits, (cpu_of(process) - before) / (time.perf_counter() - begun)


@asynccontextmanager
async def _job(running: Cluster) -> AsyncIterator[str]:
    """A job that runs for as long as the block: its events, without the stages that would write them."""
    settings = StageSettings(kafka_bootstrap_servers=running.broker.bootstrap_servers, instance="bench")
    job = str(uuid4())
    async with Publisher.open(Connection.of(settings, "bench")) as publisher:
        opened = Accepted(job_id=job, collection="c", partition=0, offset=0, directory_path="/photos")
        listed = Listed(job_id=job, found=TOTAL, ignored=0, bytes=1, complete=True)
        await publisher.publish([event(opened), event(listed)])
        async with _clients([_run(publisher, job)]):
            yield job


async def _run(publisher: Publisher, job: str) -> None:
    number = 0
    while True:
        names = [f"/photos/{number + each}.jpg" for each in range(FILES)]
        number += FILES
        await publisher.publish([event(Outcomes(job_id=job, items=tuple(map(_outcome, names))))])
        await asyncio.sleep(EVENT_SECONDS)


def _outcome(name: str) -> Outcome:
    return Outcome(file_id=ids.file_id("c", name.encode()), file=name, outcome="stored", source="batch_ml")


@asynccontextmanager
async def _clients(clients: list[Awaitable[None]]) -> AsyncIterator[None]:
    """The clients next to the block; each goes on until it is over."""
    tasks = [asyncio.ensure_future(client) for client in clients]
    await asyncio.sleep(2.0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for failed in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(failed, Exception):
                raise failed


async def _listen(port: int) -> None:
    """Take what the stream of events brings; plain sockets, so that the clients cost next to nothing."""
    reader, writer = await _asked(port, "/api/v1/ingest/events")
    try:
        while await reader.read(1 << 16):
            pass
    finally:
        writer.close()


async def _poll(port: int, path: str, waits: list[float]) -> None:
    """Read the status again as soon as it was read."""
    async with PlainHttp.open(port) as http:
        while True:
            start = time.perf_counter()
            await http.get(path)
            waits.append(1000 * (time.perf_counter() - start))


async def _asked(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
    return reader, writer
