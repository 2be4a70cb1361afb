"""A library on a share that is really mounted: polled, as no event comes; and gone, nothing is removed."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from libs.common.control import ModelInUse
from libs.common.kafka.tables.control_table import ControlTable
from tests.integration.scanner.test_libraries import QUIET_S, Watched
from tests.integration.scanner.test_sync import MODEL, Library, compared
from tests.support.scanning import Bench, open_reporter, photos
from tests.support.share import NEEDED, Share, share
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, NEEDED]


@pytest.fixture
async def mounted(tmp_path: Path) -> AsyncIterator[Share]:
    server = photos(tmp_path.resolve() / "server", 3)
    async with share(server, tmp_path.resolve() / "mnt" / "photos") as made:
        yield made


@pytest.fixture
async def watched(world: Bench, mounted: Share) -> AsyncIterator[Watched]:
    await world.clear()
    async with ControlTable.open(world.connection) as control:
        yield Watched(world, mounted.at, control)


async def test_what_others_write_to_a_share_is_found_by_looking(
    world: Bench, watched: Watched, mounted: Share, tmp_path: Path
) -> None:
    async with (
        world.scanner(tmp_path / "data", watch_quiet_seconds=QUIET_S, watch_poll_seconds=1),
        world.stage(open_reporter()) as stage,
    ):
        await watched.follow(watch=True)
        await until(lambda: watched.ended() >= 1)
        assert watched.state is not None
        assert watched.state.watching == "polling"
        stage.seen.clear()
        photos(mounted.server / "2024" / "may", 20, start=100)
        replaced = mounted.server / "00000.jpg"
        replaced.write_bytes(b"y")
        os.utime(replaced, (1_000_000_000, 1_000_000_000))
        await until(lambda: len(stage.seen) >= 21)
        await watched.quiet(len(watched.jobs))
        assert stage.names == {"00000.jpg", *(f"{number:05}.jpg" for number in range(100, 120))}


@pytest.fixture
async def library(world: Bench, mounted: Share) -> Library:
    """Forty points of files on the share."""
    await world.state(ModelInUse(model=MODEL, dimension=4))
    await world.clear()
    made = Library(mounted.at, world.store)
    await made.index([made.write(f"{n // 10}/{n:03}.jpg", f"photo {n}") for n in range(40)])
    return made


@pytest.mark.parametrize("goes", [Share.cut, Share.unmount])
async def test_a_share_that_is_gone_removes_nothing(
    world: Bench, library: Library, mounted: Share, tmp_path: Path, goes: Callable[[Share], Awaitable[None]]
) -> None:
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()):
        await goes(mounted)
        job = await world.request(library.root, version=2, sync=True, prune="now")
        await world.finished(job)
    assert len(await library.points()) == 40


async def test_a_share_that_goes_while_it_is_listed_removes_nothing(
    world: Bench, library: Library, mounted: Share, tmp_path: Path
) -> None:
    photos(mounted.server / "many", 3000, start=1000)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(library.root, version=2, sync=True, prune="now")
        await until(lambda: len(stage.seen) > 0)
        await mounted.cut()
        await world.finished(job)
    assert len(await library.points()) >= 40
    assert compared(world, job).removed == 0
