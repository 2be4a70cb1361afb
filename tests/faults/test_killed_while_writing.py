"""SIGKILL at random moments of each write to DATA_DIR: what was told to be written is there, whole."""

import asyncio
import os
from contextlib import closing
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import pytest

from libs.common.events import Accepted, Outcome, Outcomes
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.gateway.view import queries, writer
from services.gateway.view.schema import open_view
from services.gateway.view.writer import Happened
from services.processor.cache.cache import Cache
from services.processor.cache.cache_reader import CacheReader
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from tests.support.killing import Reported, killed_while_writing
from tests.unit.processor.samples import MODEL, entry

pytestmark = pytest.mark.slow

SEED = 6
JOB = str(UUID(int=6))
MOST_S = 0.06
PER_BATCH = 8
KILLS = int(os.environ.get("KILLS", "20"))
STORE_KILLS = KILLS // 5


def sha(batch: int, number: int) -> str:
    return f"{batch:032x}{number:032x}"


def write_cache(folder: Path, start: int, reported: Reported) -> None:
    cache = Cache(folder, 1 << 30)
    for batch in range(start, 1 << 30):
        new = [entry(sha(batch, number)) for number in range(PER_BATCH)]
        cache.put_many(new, "results", {0: batch})
        reported(batch)


def found_in(reader: CacheReader, batch: int) -> int:
    """How many entries of the batch are in the cache."""
    every = [reader.find(sha(batch, n), MODEL, captioned=True, cleared_at=0) for n in range(PER_BATCH)]
    return sum(each is not None for each in every)


def test_the_cache_has_each_batch_with_its_offset_or_neither(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    random, batch = Random(SEED), 0
    for _ in range(KILLS):
        reported = killed_while_writing(write_cache, tmp_path / "cache", batch + 1, random, MOST_S)
        with closing(Cache(tmp_path / "cache", 1 << 30)) as cache:
            batch = cache.offsets("results")[0]
        assert batch in {reported, reported + 1}
        with closing(CacheReader(tmp_path / "cache")) as reader:
            assert [found_in(reader, which) for which in (batch, batch + 1)] == [PER_BATCH, 0]
    assert "starts again" not in caplog.text


def file_ids(batch: int) -> list[str]:
    return [str(uuid5(UUID(int=batch), str(number))) for number in range(PER_BATCH)]


def outcomes(batch: int) -> Outcomes:
    items = (
        Outcome(file_id=each, file=each, outcome="stored", source="batch_ml") for each in file_ids(batch)
    )
    return Outcomes(job_id=JOB, items=tuple(items))


def write_view(folder: Path, start: int, reported: Reported) -> None:
    view = open_view(folder / "view.sqlite", "cluster/")
    if start == 1:
        accepted = Accepted(job_id=JOB, collection="c", partition=0, offset=0, directory_path="/photos")
        writer.write(view, [Happened(accepted, 0, 1000.0)], "job-status", {0: 1})
    for batch in range(start, 1 << 30):
        writer.write(view, [Happened(outcomes(batch), batch, 1000.0)], "job-status", {0: batch + 1})
        reported(batch)
        if batch % 20 == 0:
            view.execute("PRAGMA wal_checkpoint(PASSIVE)")


def test_the_view_has_each_batch_with_its_offset_or_neither(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    random, batch = Random(SEED), 0
    for _ in range(KILLS):
        reported = killed_while_writing(write_view, tmp_path, batch + 1, random, MOST_S)
        with closing(open_view(tmp_path / "view.sqlite", "cluster/")) as view:
            batch = queries.offsets(view, "job-status")[0] - 1
            job = queries.job(view, JOB)
        assert batch in {reported, reported + 1}
        assert job is not None
        assert job.stored == batch * PER_BATCH
    assert "rebuilt" not in caplog.text


def write_spool(folder: Path, start: int, reported: Reported) -> None:
    spool = Spool(folder / "job.sqlite")
    for batch in range(start, 1 << 30):
        ids = file_ids(batch)
        spool.add(Spooled(file_id=each, path=each.encode(), size=1) for each in ids)
        spool.take(PER_BATCH // 2, 0.0)
        spool.fold(outcomes(batch).items[:2])
        reported(batch)


def test_a_spool_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    random = Random(SEED)
    for _ in range(KILLS):
        killed_while_writing(write_spool, tmp_path, 1, random, MOST_S)
        assert (tmp_path / "job.sqlite").exists()
        with closing(Spool(tmp_path / "job.sqlite")) as spool:
            assert (spool.total, spool.in_flight, spool.take(10, 0.0)) == (0, 0, [])
            spool.add([Spooled(file_id=file_ids(1)[0], path=b"a", size=1)])
            assert len(spool.take(10, 0.0)) == 1
        assert list(tmp_path.iterdir()) == []


def points(batch: int) -> list[Point]:
    """A batch, each point's vector pointing somewhere else."""
    ids = file_ids(batch)
    return [Point(each, [1.0, batch, number, 0.0], {"n": batch}) for number, each in enumerate(ids)]


def write_store(folder: Path, start: int, reported: Reported) -> None:
    async def write() -> None:
        store = EdgeStore(folder, lock_patience_seconds=20)
        if "photos" not in await store.collections():
            await store.create("photos", 4, "Euclid")
        for batch in range(start, 1 << 30):
            await store.upsert("photos", points(batch))
            reported(batch)

    asyncio.run(write())


async def test_the_store_has_every_point_that_it_acknowledged(tmp_path: Path) -> None:
    random, batch = Random(SEED), 0
    for _ in range(STORE_KILLS):
        reported = await asyncio.to_thread(
            killed_while_writing, write_store, tmp_path, batch + 1, random, 10 * MOST_S
        )
        store = EdgeStore(tmp_path, lock_patience_seconds=20)
        count = await store.count("photos")
        batch = -(-count // PER_BATCH)
        assert batch in {reported, reported + 1}
        for which in range(max(1, reported - 3), reported + 1):
            wanted = {point.id: (point.vector, point.payload) for point in points(which)}
            found = await store.retrieve("photos", list(wanted), vectors=True)
            assert {record.id: (record.vector, record.payload) for record in found} == wanted
        await store.close()
