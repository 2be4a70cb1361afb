"""Row 18: the retry of half a million failures: seconds until the first is on `paths`, and until the last."""

import asyncio
import time
from dataclasses import dataclass

from bench import photos
from bench.cluster import Cluster, peak_mb
from bench.place import Place
from bench.result import Figure
from bench.rows.million import listing_cluster
from bench.system import System
from libs.common.errors import Code, SluiceError
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import Tail
from libs.common.settings import StageSettings
from libs.common.topics import PATHS

FILES = 500_000
PARTS = tuple("01234")
"""The folders of the million that have so many files."""
LOOK_SECONDS = 0.05
JOB_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Retried:
    """Seconds from the request to its answer, to the first file on `paths` and to the last; core seconds to
    the first, by process."""

    answered_s: float
    first_s: float
    last_s: float
    cpu: dict[str, float]


async def retry(place: Place) -> list[Figure]:
    """All files of a job fail; those of its retry are stored."""
    folder = await asyncio.to_thread(photos.million, place.inputs)
    async with listing_cluster(place, fails=Code.READ_FAILED) as (running, gateway, scanner):
        failed = await gateway.submit(folder, paths=PARTS)
        await _failed(gateway, failed)
        before_mb = peak_mb(scanner)
        await running.stop("stages")
        await running.start("stages", "bench.stub_stage")
        job, seen = await _retried(running, gateway, failed)
        await gateway.over(job, FILES, JOB_SECONDS)
        memory = peak_mb(scanner)
    used = ", ".join(f"{name} {seconds:.1f}" for name, seconds in seen.cpu.items())
    return [
        Figure(
            name="18 retry-begins",
            value=seen.first_s,
            unit="s",
            target=10,
            bound="at most",
            note=f"answered after {seen.answered_s:.2f}, the last after {seen.last_s:.0f}; CPU s: {used}",
        ),
        Figure(
            name="18 scanner-memory",
            value=memory,
            unit="MB",
            target=200,
            bound="at most",
            note=f"the most it was resident; {before_mb:.0f} before the retry",
        ),
    ]


async def _failed(gateway: System, job: str) -> None:
    """Return once all files of the job have failed."""
    async with asyncio.timeout(JOB_SECONDS):
        while True:
            await asyncio.sleep(1.0)
            if (now := await gateway.status(job))["status"] != "running":
                break
    if now["counts"]["failed"] != FILES:
        raise SluiceError(Code.INTERNAL, f"not all {FILES} files failed: {now['message']}")


async def _retried(running: Cluster, gateway: System, failed: str) -> tuple[str, _Retried]:
    """The job that retries this one, and how it went; its files are the only ones that are sent meanwhile."""
    settings = StageSettings(kafka_bootstrap_servers=running.broker.bootstrap_servers, instance="bench")
    async with Tail.open(Connection.of(settings, "bench"), PATHS) as tail, asyncio.timeout(JOB_SECONDS):
        partitions = await tail.partitions()
        sent, cpu = await _sent(tail, partitions), running.cpu_seconds()
        begun = time.perf_counter()
        job = await gateway.retry(failed)
        answered = time.perf_counter() - begun
        first = await _reached(tail, partitions, sent + 1) - begun
        used = {name: seconds - cpu[name] for name, seconds in running.cpu_seconds().items()}
        last = await _reached(tail, partitions, sent + FILES) - begun
    return job, _Retried(answered, first, last, used)


async def _reached(tail: Tail, partitions: frozenset[int], count: int) -> float:
    """The time.perf_counter() at which so many records had been sent."""
    while True:
        if await _sent(tail, partitions) >= count:
            return time.perf_counter()
        await asyncio.sleep(LOOK_SECONDS)


async def _sent(tail: Tail, partitions: frozenset[int]) -> int:
    return sum((await tail.end_offsets(partitions)).values())
