"""Row 11: the processor in one and in two processes, on a `paths` topic that is filled beforehand."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from bench import photos
from bench.cluster import Cluster, cluster
from bench.place import Place
from bench.result import Figure
from libs.common.ids import display_name
from libs.common.kafka.connection import Connection
from libs.common.kafka.outgoing import Outgoing, work
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.tail import Tail
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.messages import File, PathRecord
from libs.common.settings import StageSettings
from libs.common.topics import IMAGES, PATHS

PROCESSES, ROUNDS = (1, 2), 3
READY_SECONDS, DONE_SECONDS = 60.0, 120.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """Files a second, and core milliseconds a file by kind of process."""

    rate: float
    cpu_ms: dict[str, float]


async def replicas(place: Place) -> list[Figure]:
    """Files a second by two processes, next to those by one; the rounds by turns."""
    files = photos.jpegs(place.inputs, photos.CAMERA, 160)
    found: dict[int, list[Decoded]] = {count: [] for count in PROCESSES}
    async with cluster(place.fresh(), DECODE_WORKERS="1") as running:
        for _ in range(ROUNDS):
            for count in PROCESSES:
                found[count].append(await decoded(running, files, count))
    one, two = (median(each.rate for each in found[count]) for count in PROCESSES)
    return [
        Figure(
            name="11 processors-2-to-1",
            value=two,
            unit="files/s",
            target=1.7,
            baseline=one,
            ratio=two / one,
            note="12 MP, one decoder each; " + "; ".join(_words(*each) for each in found.items()),
        )
    ]


async def decoded(running: Cluster, files: Sequence[Path], processes: int) -> Decoded:
    """What so many processors put on `images`, from the moment that all paths are there.

    Each round has topics and caches of its own. All members have their partitions before the paths come.
    """
    prefix = f"r{uuid4().hex[:8]}-"
    settings = StageSettings(
        kafka_bootstrap_servers=running.broker.bootstrap_servers, topic_prefix=prefix, instance="bench"
    )
    connection = Connection.of(settings, "bench")
    await ensure_topics(connection)
    names = [f"{prefix}{number}" for number in range(processes)]
    for name in names:
        await running.start(name, "services.processor", TOPIC_PREFIX=prefix)
    await _joined(connection, processes)
    async with Tail.open(connection, IMAGES) as tail, Publisher.open(connection) as publisher:
        before = running.cpu_by_role()
        await publisher.publish(_paths(files, await publisher.partitions(PATHS)))
        begun = time.perf_counter()
        await _until_there(tail, len(files))
        seconds = time.perf_counter() - begun
        after = running.cpu_by_role()
    for name in names:
        await running.stop(name)
    return Decoded(
        rate=len(files) / seconds,
        cpu_ms={role: 1000 * (after[role] - before[role]) / len(files) for role in after},
    )


def _paths(files: Sequence[Path], partitions: int) -> list[Outgoing]:
    """The files in order of their numbers, spread evenly: chance would give one process more of them."""
    base = uuid4().int // partitions * partitions
    return [
        work(PATHS, PathRecord(file=_file(file, str(UUID(int=base + number)))))
        for number, file in enumerate(files)
    ]


def _file(file: Path, file_id: str) -> File:
    stat, path = file.stat(), bytes(file)
    return File(
        job_id=str(UUID(int=1)),
        file_id=file_id,
        collection="bench",
        generation="1",
        path=path,
        file=display_name(path),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        ctime_ns=stat.st_ctime_ns,
    )


async def _joined(connection: Connection, members: int) -> None:
    """Return once the processors' group has so many members, and each its partitions."""
    async with connection.admin() as admin, asyncio.timeout(READY_SECONDS):
        while await _members(admin, connection.names.group("processor")) != members:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    """How many members of the group have partitions; 0 while they move, or the broker has no groups yet."""
    try:
        (found,) = (await admin.describe_consumer_groups([group]))[0].groups
    except GroupCoordinatorNotAvailableError:
        return 0
    state, listed = found[2], found[5]
    return sum(bool(assignment) for *_, assignment in listed) if state == "Stable" else 0


async def _until_there(tail: Tail, count: int) -> None:
    """Return once the topic has got so many records."""
    partitions = await tail.partitions()
    async with asyncio.timeout(DONE_SECONDS):
        while sum((await tail.end_offsets(partitions)).values()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _words(processes: int, found: Sequence[Decoded]) -> str:
    rates = " ".join(f"{each.rate:.1f}" for each in found)
    used = ", ".join(f"{role} {median(each.cpu_ms[role] for each in found):.1f}" for role in found[0].cpu_ms)
    return f"by {processes}: {rates} (CPU ms a file: {used})"
