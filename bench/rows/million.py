"""Row 10: one million files in one job; scanner and gateway in earnest, a stub for the stages between."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import photos
from bench.cluster import Cluster, cluster, peak_mb, ready
from bench.place import Place
from bench.result import Figure
from bench.system import System, free_port
from libs.common import events
from libs.common.errors import Code
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.settings import StageSettings
from libs.common.topics import JOB_STATUS, key_partition

FILES = 1_000_000
LOOK_SECONDS = 0.1
JOB_SECONDS = 900.0


@dataclass(slots=True)
class Watched:
    """One job as a client saw it: `seconds` from the request to its end, each status read in ms."""

    job: str
    seconds: float
    reads_ms: list[float] = field(default_factory=list)


async def million(place: Place) -> list[Figure]:
    """Listing, memory, status reads meanwhile, and what a gateway needs to come back."""
    folder = await asyncio.to_thread(photos.million, place.inputs)
    async with listing_cluster(place) as (running, gateway, scanner):
        before = running.cpu_seconds()
        seen = await watched(gateway, folder, FILES)
        cpu = {name: used - before[name] for name, used in running.cpu_seconds().items()}
        listed_s = await _listed_seconds(running, seen.job)
        memory = peak_mb(scanner)
        await running.kill("gateway")
        path = f"/api/v1/ingest/status/{seen.job}"
        async with running.gateway("gateway", path=path) as again:
            restart_s = await _knows_all(again, seen.job)
        async with running.gateway("another", path=path) as fresh:
            fresh_s = await _knows_all(fresh, seen.job)
        view_mb = (running.home / "gateway" / "view.sqlite").stat().st_size / 1e6
    used = ", ".join(f"{name} {1e6 * seconds / FILES:.0f}" for name, seconds in cpu.items())
    whole = f"the whole job {seen.seconds:.0f} s, {FILES / seen.seconds:,.0f} outcomes a second"
    reads = sorted(seen.reads_ms)
    return [
        Figure(
            name="10 listed",
            value=FILES / listed_s,
            unit="files/s",
            target=50_000,
            note=f"{whole}; CPU us a file: {used}",
        ),
        Figure(
            name="10 scanner-memory",
            value=memory,
            unit="MB",
            target=200,
            bound="at most",
            note="the most it was resident",
        ),
        Figure(
            name="10 status-p99",
            value=reads[int(0.99 * len(reads))],
            unit="ms",
            target=50,
            bound="at most",
            note=f"{len(reads)} reads, p50 {reads[len(reads) // 2]:.0f}, the slowest {reads[-1]:.0f}",
        ),
        Figure(
            name="10 gateway-restart",
            value=restart_s,
            unit="s",
            target=30,
            bound="at most",
            note=f"killed; its view {view_mb:.0f} MB; a replica without a view {fresh_s:.0f} s",
        ),
    ]


@asynccontextmanager
async def listing_cluster(
    place: Place, seconds: float = 0.0, *, fails: Code | None = None
) -> AsyncIterator[tuple[Cluster, System, int]]:
    """Scanner, gateway and stub stage, ready, with a collection selected; and the scanner's pid.

    `seconds`: how long the stub takes for a batch. `fails`: what all files fail with.
    """
    port = str(free_port())
    async with cluster(place.fresh(), QDRANT_HOST="127.0.0.1", QDRANT_PORT=port) as running:
        await running.start("store", "bench.store_stub", port)
        scanner = await running.start("scanner", "services.scanner")
        await running.start("stages", "bench.stub_stage", STUB_SECONDS=str(seconds), STUB_FAILS=fails or "")
        async with running.gateway() as gateway:
            await ready(gateway, gateway=1, scanner=1, processor=1)
            await gateway.collection("million")
            yield running, gateway, scanner


async def watched(gateway: System, folder: Path, count: int) -> Watched:
    """Run a job over `folder` and read its status all the time."""
    begun, reads = time.perf_counter(), list[float]()
    job = await gateway.submit(folder)
    async with asyncio.timeout(JOB_SECONDS):
        while True:
            requested = time.perf_counter()
            now = await gateway.status(job)
            if now["status"] != "running":
                break
            reads.append(1000 * (time.perf_counter() - requested))
            await asyncio.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - begun
    await gateway.over(job, count)
    return Watched(job, seconds, reads)


async def _listed_seconds(running: Cluster, job: str) -> float:
    """Between the broker's times of `accepted` and of the last `listed`."""
    settings = StageSettings(kafka_bootstrap_servers=running.broker.bootstrap_servers, instance="bench")
    times: dict[type, int] = {}
    async with Tail.open(Connection.of(settings, "bench"), JOB_STATUS) as tail, asyncio.timeout(120):
        partition = key_partition(job, len(await tail.partitions()))
        tail.follow({partition: 0})
        while events.Listed not in times:
            for record in (await tail.read(1.0)).get(partition, []):
                event = events.decode_event(record.value)
                if isinstance(event, events.Accepted) or (
                    isinstance(event, events.Listed) and event.complete
                ):
                    times[type(event)] = record.timestamp
    return (times[events.Listed] - times[events.Accepted]) / 1000


async def _knows_all(gateway: System, job: str) -> float:
    """Seconds from its start until it told of the finished job."""
    await gateway.over(job, FILES, timeout_s=1.0)
    return gateway.ready_s
