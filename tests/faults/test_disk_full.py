"""A disk of DATA_DIR that is full: each keeper of data says so, loses nothing, and goes on with room."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from libs.common.control import JobCommand
from libs.common.errors import Code, UnavailableError
from libs.common.events import Accepted
from libs.common.events import Finished as Ended
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from services.gateway.archive.journal import Finished, Journal, Opened
from services.gateway.archive.moves.disk import RealDisk
from services.gateway.jobs import cleaning as job_cleaning
from services.gateway.jobs.reader import JobReader
from services.gateway.view import outcomes as kept
from services.gateway.view import queries
from services.gateway.view.follower import Follower
from services.gateway.view.view import View
from services.gateway.view.writer import Happened
from services.processor.cache.cache import Cache, CacheUnwritableError
from services.processor.cache.cache_reader import CacheReader
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from tests.faults.test_killed_while_writing import JOB, file_ids, found_in, outcomes, sha
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.waiting import LIMIT_S
from tests.unit.processor.samples import entry


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 4) as mounted:
        yield mounted


@pytest.fixture
def large_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 300) as mounted:
        yield mounted


def fill_cache(cache: Cache, batches: range) -> int:
    """Put batches in until the disk is full; how many were."""
    for batch in batches:
        try:
            cache.put_many([entry(sha(batch, number)) for number in range(8)], "results", {0: batch})
        except CacheUnwritableError:
            return batch - batches.start
    return len(batches)


def test_the_cache_keeps_what_it_has_and_goes_on(disk: SmallDisk, caplog: pytest.LogCaptureFixture) -> None:
    folder = disk.root / "cache"
    disk.fill(leave=2 << 20)
    with closing(Cache(folder, 1 << 30)) as cache, closing(CacheReader(folder)) as reader:
        assert found_in(reader, 1) == 0  # it is open, as a decoder's is
        whole = fill_cache(cache, range(1, 10_000))
        assert 3 < whole < 9_999
        assert cache.offsets("results") == {0: whole}
        assert [found_in(reader, batch) for batch in (1, whole, whole + 1)] == [8, 8, 0]
    disk.fill()
    with pytest.raises(UnavailableError, match="make room"):
        Cache(folder, 1 << 30)
    disk.make_room()
    with closing(Cache(folder, 1 << 30)) as cache:
        assert cache.offsets("results") == {0: whole}
        assert fill_cache(cache, range(whole + 1, whole + 3)) == 2
    assert "starts again" not in caplog.text


ACCEPTED = Accepted(job_id=JOB, collection="c", partition=0, offset=0, directory_path="/photos")
BEGUN = [Happened(ACCEPTED, 0, 1000.0), Happened(outcomes(1), 1, 1000.0)]


async def write_view(view: View, batches: range) -> int:
    """Write batches until the disk is full; the one that was refused."""
    for batch in batches:
        try:
            await view.write([Happened(outcomes(batch), batch, 1000.0)], "job-status", {0: batch})
        except UnavailableError as error:
            return batch if error.code is Code.DISK_FULL else -1
    return -1


async def test_the_view_folds_the_same_batch_once_there_is_room(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    async with View.open(disk.root / "view.sqlite", "cluster/") as view:
        await view.write(BEGUN, "job-status", {0: 1})
        disk.fill()
        refused = await write_view(view, range(2, 1000))
        assert refused > 1
        assert await view.ask(queries.offsets, "job-status") == {0: refused - 1}
        disk.make_room()
        await view.write([Happened(outcomes(refused), refused, 1000.0)], "job-status", {0: refused})
        job = await view.ask(queries.job, JOB)
        assert await view.ask(queries.offsets, "job-status") == {0: refused}
    assert job is not None
    assert job.stored == refused * 8
    assert "rebuilt" not in caplog.text


async def test_a_view_on_a_full_disk_is_not_taken_for_damaged(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    path = disk.root / "view.sqlite"
    async with View.open(path, "cluster/") as view:
        await view.write(BEGUN, "job-status", {0: 1})
    disk.fill()
    with suppress(UnavailableError):
        async with View.open(path, "cluster/") as view:
            await write_view(view, range(2, 1000))
    disk.make_room()
    async with View.open(path, "cluster/") as view:
        assert (await view.ask(queries.offsets, "job-status"))[0] >= 1
    assert "rebuilt" not in caplog.text


class Tombstones:
    """Takes what is published: this test is about the disk under the view."""

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        assert {record.value for record in outgoing} == {None}


class NothingAsked:
    """No one paused or cancelled a job."""

    def commands(self) -> list[JobCommand]:
        return []


async def test_what_cannot_be_forgotten_for_want_of_room_is_forgotten_later(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(job_cleaning, "EVERY_SECONDS", 0.01)
    ended = Ended(
        job_id=JOB, state="completed", total=8, stored=8, from_cache=0, failed=0, skipped=0, ignored=0
    )
    async with View.open(disk.root / "view.sqlite", "cluster/") as view, asyncio.timeout(LIMIT_S):
        await view.write([*BEGUN, Happened(ended, 2, 1001.0)], "job-status", {0: 3})
        disk.fill()
        assert await write_view(view, range(3, 1000)) > 0
        followers = cast("tuple[Follower, Follower]", (None, None))
        jobs = JobReader(view, *followers)
        publisher, control = cast("Publisher", Tombstones()), cast("ControlTable", NothingAsked())
        cleaning = asyncio.create_task(job_cleaning.Cleaning(jobs, publisher, control).run())
        while "dropped later" not in caplog.text and not cleaning.done():
            await asyncio.sleep(0.01)
        disk.make_room()
        while not cleaning.done() and await view.ask(kept.page, JOB, limit=1) != ([], None):
            await asyncio.sleep(0.01)
        assert not cleaning.done()
        cleaning.cancel()


def fill_spool(spool: Spool) -> None:
    for batch in range(100_000):
        spool.add(Spooled(file_id=each, path=each.encode(), size=1) for each in file_ids(batch))
        spool.fold(outcomes(batch).items)


def test_the_spool_says_so_and_the_next_one_is_whole(disk: SmallDisk) -> None:
    spool = Spool(disk.root / "job.sqlite")
    disk.fill()
    with pytest.raises(UnavailableError, match="make room") as full:
        fill_spool(spool)
    assert full.value.code is Code.DISK_FULL
    spool.close()
    disk.make_room()
    with closing(Spool(disk.root / "job.sqlite")) as again:
        again.add(Spooled(file_id=each, path=each.encode(), size=1) for each in file_ids(1))
        assert len(again.take(100, 0.0)) == again.total == 8


def points(batch: int) -> list[Point]:
    ids = [str(UUID(int=batch * 64 + number)) for number in range(64)]
    return [Point(each, [1.0, batch, n, 0.0], {"pad": "x" * 4000}) for n, each in enumerate(ids)]


async def test_the_store_says_so_and_has_every_acknowledged_point(large_disk: SmallDisk) -> None:
    store = EdgeStore(large_disk.root / "store", lock_patience_seconds=20)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    large_disk.fill(leave=1 << 20)
    reported, full = 1, None
    while full is None:
        try:
            await store.upsert("photos", points(reported))
            reported += 1
        except UnavailableError as error:
            full = error
    assert full.code is Code.DISK_FULL
    assert "make room" in full.detail
    large_disk.make_room()
    await store.upsert("photos", points(reported))
    assert await store.count("photos") == 64 * (reported + 1)
    await store.close()


def fill_journal(journal: Journal) -> None:
    for _ in range(10_000):
        journal.write(Opened(kind="exact", collection="photos" * 500, generation=None))


def test_the_archive_journal_has_whole_lines_only(disk: SmallDisk) -> None:
    journal = Journal(disk.root / "archive", RealDisk())
    journal.begin(Opened(kind="exact", collection="photos", generation=None))
    disk.fill(leave=20_000)
    with pytest.raises(OSError, match="No space left"):
        fill_journal(journal)
    before = journal.lines()
    assert len(before) > 1
    assert (journal.folder / "journal.jsonl").read_bytes().endswith(b"\n")
    disk.make_room()
    journal.write(Finished())
    assert journal.lines()[:-1] == before
    assert isinstance(journal.lines()[-1], Finished)
