"""Libraries that are followed: on a real file system (inotify), a real broker, by scanners that die."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.common.control import CollectionState, LibraryState
from libs.common.events import Accepted, Compared, Finished, Library, SyncCounts, encode
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.topics import LIBRARIES
from tests.support.scanning import COLLECTION, Bench, open_reporter, photos
from tests.support.waiting import until

pytestmark = pytest.mark.slow

QUIET_S = 0.5


class Watched:
    """A library on the topic, and what its jobs say."""

    def __init__(self, world: Bench, root: Path, control: ControlTable) -> None:
        self.world, self.root, self.control = world, root, control
        self.library_id = str(uuid4())

    async def follow(self, **options: Any) -> None:
        library = Library(
            library_id=self.library_id, name="n", uri=str(self.root), collection=COLLECTION, **options
        )
        await self.world.publisher.publish([Outgoing(LIBRARIES, self.library_id, encode(library))])

    async def delete(self) -> None:
        await self.world.publisher.publish([Outgoing(LIBRARIES, self.library_id, None)])

    @property
    def state(self) -> LibraryState | None:
        return self.control.library(self.library_id)

    @property
    def followed_by(self) -> str | None:
        return None if self.state is None else self.state.followed_by

    @property
    def jobs(self) -> list[str]:
        """Its jobs, in the order in which they were accepted."""
        found = [
            event
            for _, event in self.world.events
            if isinstance(event, Accepted) and event.library_id == self.library_id
        ]
        return [event.job_id for event in sorted(found, key=lambda event: event.at)]

    def ended(self) -> int:
        return sum(self.world.has(job, Finished) for job in self.jobs)

    async def quiet(self, jobs: int) -> None:
        """So many jobs have ended, and no further one begins for a while."""
        await until(lambda: self.ended() >= jobs)
        await asyncio.sleep(3 * QUIET_S)
        assert len(self.jobs) == self.ended() == jobs

    def counts(self, job: str) -> SyncCounts:
        (found,) = [event.counts for event in self.world.of(job) if isinstance(event, Compared)]
        return found


@pytest.fixture
async def watched(world: Bench, tmp_path: Path) -> AsyncIterator[Watched]:
    await world.clear()
    async with ControlTable.open(world.connection) as control:
        yield Watched(world, photos(tmp_path.resolve() / "photos", 3), control)


async def test_what_is_dropped_into_a_watched_library_is_one_job_of_just_that(
    world: Bench, watched: Watched, tmp_path: Path
) -> None:
    async with (
        world.scanner(tmp_path / "data", watch_quiet_seconds=QUIET_S),
        world.stage(open_reporter()) as stage,
    ):
        await watched.follow(watch=True)
        await watched.quiet(1)
        assert watched.followed_by == "s0"
        assert watched.state is not None
        assert watched.state.watching == "events"
        assert stage.names == {"00000.jpg", "00001.jpg", "00002.jpg"}
        stage.seen.clear()
        photos(watched.root / "2024" / "may", 100, start=100)
        (watched.root / "notes.txt").write_text("no picture")
        await watched.quiet(2)
        assert len(stage.seen) == 100
        assert world.kinds(watched.jobs[1]) == {"stored": 100}
        await watched.delete()
        await until(lambda: True)
        await asyncio.sleep(1.5)
        photos(watched.root, 1, start=900)
        await watched.quiet(2)


async def test_a_scanner_that_dies_as_it_watches_is_followed_by_one_that_takes_what_came_meanwhile(
    world: Bench, watched: Watched, tmp_path: Path
) -> None:
    async with world.stage(open_reporter()) as stage:
        async with world.scanner(tmp_path / "one", watch_quiet_seconds=QUIET_S) as first:
            await watched.follow(watch=True)
            await watched.quiet(1)
            photos(watched.root, 5, start=100)
            await first.kill()
        stage.seen.clear()
        async with world.scanner(tmp_path / "two", instance="s1", watch_quiet_seconds=QUIET_S):
            await until(lambda: watched.ended() >= 2)
            assert len({file.file_id for file in stage.seen}) == 8
            assert watched.followed_by == "s1"
            photos(watched.root, 1, start=200)
            await until(lambda: "00200.jpg" in stage.names)


@pytest.mark.slow
async def test_two_scanners_follow_a_library_once(world: Bench, watched: Watched, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack, world.stage(open_reporter()):
        for name in ("a", "b"):
            await stack.enter_async_context(
                world.scanner(tmp_path / name, instance=name, watch_quiet_seconds=QUIET_S)
            )
        await until(lambda: True)
        await watched.follow(watch=True)
        await until(lambda: watched.ended() >= 1)
        before = len(watched.jobs)
        photos(watched.root, 20, start=100)
        await until(lambda: watched.ended() >= before + 1)
        await asyncio.sleep(3 * QUIET_S)
        taken = [job for job in watched.jobs if world.kinds(job)["stored"] == 20]
        assert len(taken) == 1


@pytest.mark.slow
async def test_a_library_is_scanned_again_when_that_is_due(
    world: Bench, watched: Watched, tmp_path: Path
) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await watched.follow(rescan=timedelta(seconds=2))
        await until(lambda: watched.ended() >= 3)
    assert not any(world.has(job, Finished, state="failed") for job in watched.jobs)


async def test_a_scan_that_fails_as_the_store_was_lost_is_made_again_with_its_collection(
    world: Bench, watched: Watched, tmp_path: Path
) -> None:
    await world.store.delete(COLLECTION)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await watched.follow(watch=True)
        await until(lambda: watched.ended() == 1)
        assert world.has(watched.jobs[0], Finished, state="failed", code="collection_gone")
        await world.store.create(COLLECTION, 4, "Cosine")
        await world.state(CollectionState(name=COLLECTION, generation="made again"))
        await until(lambda: watched.ended() == 2)
        assert world.kinds(watched.jobs[1]) == {"stored": 3}


@pytest.mark.slow
async def test_a_share_that_vanishes_and_comes_back_is_watched_again(
    world: Bench, watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scanner.libraries.following.RETRY_SECONDS", 0.5)
    monkeypatch.setattr("services.scanner.libraries.following.PLACE_SECONDS", 0.5)
    away = tmp_path / "away"
    async with (
        world.scanner(tmp_path / "data", watch_quiet_seconds=QUIET_S),
        world.stage(open_reporter()) as stage,
    ):
        await watched.follow(watch=True)
        await watched.quiet(1)
        shutil.move(watched.root, away)
        await until(lambda: bool(watched.state and watched.state.error))
        shutil.move(away, watched.root)
        await until(
            lambda: bool(watched.state and watched.state.watching == "events" and not watched.state.error)
        )
        photos(watched.root, 1, start=500)
        await until(lambda: "00500.jpg" in stage.names)
    removed = [o for job in watched.jobs for o in world.outcomes(job).values() if o.code == "removed"]
    assert removed == []
