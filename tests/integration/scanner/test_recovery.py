"""The scanner on a real broker: kills, rebalances, rescans, and a store that is away."""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from libs.common.control import CollectionState, ModelInUse
from libs.common.errors import Code, UnavailableError
from libs.common.events import Accepted, Counts, Finished, Listed, Outcomes
from libs.common.kafka.outgoing import event
from libs.common.points.payload import payload_of
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from libs.common.topics import SCANS
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.endings import Ending, finished
from tests.support import records
from tests.support.kafka import records_of
from tests.support.scanning import COLLECTION, Bench, Reporter, id_in, open_reporter, photos, stored
from tests.support.waiting import LIMIT_S, until

pytestmark = pytest.mark.slow


class Absent(EdgeStore):
    """The real store, behind a line that can be cut."""

    away = False

    async def retrieve(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise UnavailableError(Code.STORE_UNAVAILABLE, "the store does not answer")
        return await super().retrieve(*args, **options)


@pytest.fixture(scope="module")
def store_type() -> type[EdgeStore]:
    return Absent


async def test_a_killed_job_goes_on_with_an_empty_data_dir_and_counts_nothing_twice(
    world: Bench, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "photos", 400)
    (folder / "notes.txt").write_text("x")
    stage = Reporter()
    async with world.stage(stage):
        async with world.scanner(tmp_path / "first"):
            job = await world.request(folder)
            await until(lambda: len(stage.seen) >= 64)
            stage.gate.set()
            await until(lambda: world.kinds(job)["stored"] >= 100)
            stage.gate.clear()
        assert not world.has(job, Finished)
        assert not list((tmp_path / "first" / "spool").iterdir())
        done_before = set(world.outcomes(job))
        emitted_before = len(stage.seen)
        stage.gate.set()
        async with world.scanner(tmp_path / "second"):
            end = await world.finished(job)
    assert (end.state, end.total, end.stored, end.skipped, end.failed) == ("completed", 401, 400, 1, 0)
    assert not {file.file_id for file in stage.seen[emitted_before:]} & done_before
    assert {file.file_id for file in stage.seen} <= set(world.outcomes(job))
    assert len([e for e in world.of(job) if isinstance(e, Accepted)]) == 1
    counted = [e.found for e in world.of(job) if isinstance(e, Listed)]
    assert counted == sorted(counted)


async def test_many_kills_lose_nothing_and_end_once(world: Bench, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 1500)
    async with world.stage(open_reporter()) as stage:
        job = await world.request(folder)
        for life in range(5):
            async with world.scanner(tmp_path / f"data{life}"):
                await until(partial(_moved_on, world, stage, job, len(stage.seen)))
        async with world.scanner(tmp_path / "last"):
            end = await world.finished(job)
    assert (end.state, end.total, end.stored) == ("completed", 1500, 1500)
    assert len({file.file_id for file in stage.seen}) == 1500


def _moved_on(world: Bench, stage: Reporter, job: str, seen: int) -> bool:
    return len(stage.seen) >= seen + 200 or world.has(job, Finished)


async def test_a_kill_between_the_terminal_event_and_its_record_ends_the_job_once(
    world: Bench, tmp_path: Path
) -> None:
    folder = photos(tmp_path / "photos", 70)
    async with world.stage(Reporter()) as stage:
        async with world.scanner(tmp_path / "data"):
            job = await world.request(folder)
            await until(lambda: len(stage.seen) == 64)
        # What a scanner that died right after it wrote the terminal event leaves behind.
        record = (await _records(world, job))[-1]
        done = finished(record, Ending("completed"), Counts(total=70, stored=70))
        await world.publisher.publish([event(done)])
        async with world.scanner(tmp_path / "data"):
            await _until_over(world, job)
    assert len([e for e in world.of(job) if isinstance(e, Finished)]) == 1
    assert len(stage.seen) == 64


async def _records(world: Bench, job: str) -> list[JobRecord]:
    """What stands in `scans` of the job, the oldest first."""
    written = [changelog.decode(each.value) for each in await records_of(world.connection, SCANS)]
    return [record for record in written if record.job_id == job]


async def _until_over(world: Bench, job: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            if (await _records(world, job))[-1].state == "completed":
                return


async def test_a_request_made_while_no_scanner_runs_is_taken_later(world: Bench, tmp_path: Path) -> None:
    job = await world.request(photos(tmp_path / "photos", 3))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        assert (await world.finished(job)).stored == 3


@pytest.mark.parametrize("how", ["leave", "kill"])
async def test_the_jobs_of_a_scanner_that_goes_are_finished_by_the_other(
    world: Bench, tmp_path: Path, how: str
) -> None:
    folder = photos(tmp_path / "photos", 300)
    async with (
        world.stage(Reporter()) as stage,
        world.scanner(tmp_path / "a", "a") as first,
        world.scanner(tmp_path / "b", "b") as second,
    ):
        await until(lambda: "ready" == first.health.state == second.health.state)
        jobs = [await world.request(folder, job_id=id_in(partition)) for partition in range(4)]
        await until(lambda: all(world.has(job, Listed, complete=True) for job in jobs))
        stage.gate.set()
        await getattr(first, how)()
        ends = [await world.finished(job) for job in jobs]
    assert [(end.state, end.total, end.stored) for end in ends] == [("completed", 300, 300)] * 4


async def test_a_scanner_that_joins_takes_its_share(world: Bench, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 300)
    async with world.stage(Reporter()) as stage, world.scanner(tmp_path / "a", "a"):
        jobs = [await world.request(folder, job_id=id_in(partition)) for partition in range(4)]
        await until(lambda: all(world.has(job, Listed, complete=True) for job in jobs))
        async with world.scanner(tmp_path / "b", "b"):
            await until(lambda: any((tmp_path / "b").glob("spool/*.sqlite")))
            stage.gate.set()
            ends = [await world.finished(job) for job in jobs]
    assert [(end.state, end.total, end.stored) for end in ends] == [("completed", 300, 300)] * 4


async def _store_points(world: Bench, store: Absent, stage: Reporter) -> None:
    """What the stages behind would have stored of the files seen so far, a while after they were written."""
    points = []
    for file in stage.seen:
        payload = payload_of(records.point_record(file), max(file.mtime_ns, file.ctime_ns) / 1e9 + 10)
        points.append(Point(file.file_id, [1.0, 0.0, 0.0, 0.0], payload))
    await store.upsert(COLLECTION, points)
    await world.state(ModelInUse(model="m1", dimension=4))


async def test_a_rescan_emits_only_what_changed(world: Bench, store: Absent, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 20)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        await world.finished(await world.request(folder))
        await _store_points(world, store, stage)
        stage.seen.clear()
        (folder / "00003.jpg").write_bytes(b"changed")
        job = await world.request(folder)
        end = await world.finished(job)
        assert stage.names == {"00003.jpg"}
        assert Counter(outcome.source for outcome in world.outcomes(job).values()) == {
            "cache": 19,
            "batch_ml": 1,
        }
        forced = await world.finished(await world.request(folder, force=True))
        assert (forced.stored, forced.from_cache) == (20, 0)
        cleared = CollectionState(name=COLLECTION, generation="g1", cache_cleared_at=4e9)
        await world.state(cleared)
        again = await world.finished(await world.request(folder))
    assert (end.stored, end.from_cache) == (20, 19)
    assert (again.stored, again.from_cache) == (20, 0)


async def test_while_the_store_is_away_a_job_waits_says_so_and_goes_on(
    world: Bench, store: Absent, tmp_path: Path
) -> None:
    await world.state(ModelInUse(model="m1", dimension=4))
    store.away = True
    try:
        async with world.scanner(tmp_path / "data") as scan, world.stage(open_reporter()):
            job = await world.request(photos(tmp_path / "photos", 5))
            await until(lambda: scan.health.state == "waiting")
            assert scan.health.reason == "the store does not answer"
            cancelled = await world.request(photos(tmp_path / "more", 5))
            await until(lambda: world.has(cancelled, Listed, complete=True))
            await world.command(cancelled, "cancel")
            assert (await world.finished(cancelled)).skipped == 5
            store.away = False
            assert (await world.finished(job)).stored == 5
            await until(lambda: scan.health.state == "ready")
    finally:
        store.away = False


async def test_outcomes_of_a_job_that_this_scanner_does_not_have_do_no_harm(
    world: Bench, tmp_path: Path
) -> None:
    alien = records.file(job_id="an-alien-job")
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await world.publisher.publish([event(Outcomes(job_id=alien.job_id, items=(stored(alien),)))])
        assert (await world.finished(await world.request(photos(tmp_path / "photos", 2)))).total == 2
