"""Jobs over the points of a collection, instead of a folder."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from libs.common import ids
from libs.common.control import CollectionState
from libs.common.errors import Code
from libs.common.events import Accepted, Outcome, PointsSource
from libs.common.messages import File
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from tests.support.broker import Broker
from tests.support.scanning import COLLECTION, GENERATION, Bench, bench, open_reporter, stored
from tests.support.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(kafka: Broker, prefix: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """Topics and a store of the test's own, whose collection has four points."""
    store = EdgeStore(tmp_path / "store")
    await store.create(COLLECTION, 4, "Cosine")
    await store.upsert(
        COLLECTION, [point(f"{n}.jpg", month="2019-07" if n < 2 else "2020-01") for n in range(4)]
    )
    async with bench(kafka, prefix, store) as made:
        yield made
    await store.close()


def point(name: str, **payload: Any) -> Point:
    path = f"/photos/{name}"
    fields = {"full_path": path, "size": 7, "mtime_ns": 1, "ctime_ns": 2, "generation": GENERATION}
    return Point(ids.file_id(COLLECTION, path.encode()), [1, 0, 0, 0], fields | payload)


async def test_it_goes_through_the_files_of_the_points_that_fulfil_the_filters(
    world: Bench, tmp_path: Path
) -> None:
    source = PointsSource(collection=COLLECTION, filters={"month": "2019-07"})
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(source=source)
        end = await world.finished(job)
    assert (end.state, end.total, end.stored) == ("completed", 2, 2)
    assert stage.names == {"0.jpg", "1.jpg"}
    file = next(each for each in stage.seen if each.path == b"/photos/0.jpg")
    assert file.file_id == ids.file_id(COLLECTION, b"/photos/0.jpg")
    assert (file.size, file.mtime_ns, file.adds, file.origin) == (7, 1, (), COLLECTION)
    assert world.has(job, Accepted, source=source, want=("embedding",))


async def test_points_of_one_collection_can_fill_another(world: Bench, tmp_path: Path) -> None:
    await world.store.create("other", 4, "Cosine")
    await world.state(CollectionState(name="other", generation="g9"))
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(source=PointsSource(collection=COLLECTION), collection="other")
        await world.finished(job)
    assert {each.file_id for each in stage.seen} == {
        ids.file_id("other", f"/photos/{n}.jpg".encode()) for n in range(4)
    }
    assert {(each.collection, each.generation, each.origin) for each in stage.seen} == {
        ("other", "g9", COLLECTION)
    }


async def test_what_is_added_already_is_not_added_again(world: Bench, tmp_path: Path) -> None:
    await world.store.upsert(COLLECTION, [point("0.jpg", caption="a cat", caption_model="vision")])
    source = PointsSource(collection=COLLECTION)
    async with world.scanner(tmp_path / "data"), world.stage(open_reporter()) as stage:
        job = await world.request(source=source, want=("caption",))
        end = await world.finished(job)
        assert (end.stored, end.from_cache) == (4, 1)
        assert stage.names == {"1.jpg", "2.jpg", "3.jpg"}
        assert {each.adds for each in stage.seen} == {("caption",)}
        again = await world.finished(await world.request(source=source, want=("caption",), force=True))
    assert (again.stored, again.from_cache) == (4, 0)


async def test_a_retry_goes_through_those_that_failed(world: Bench, tmp_path: Path) -> None:
    def outcome(file: File) -> Outcome:
        failed = file.path.endswith(b"3.jpg") and not retried
        return (
            structs.replace(stored(file), outcome="failed", code=Code.ML_REJECTED) if failed else stored(file)
        )

    retried = False
    reporter = open_reporter()
    reporter.outcome_of = outcome
    async with world.scanner(tmp_path / "data"), world.stage(reporter) as stage:
        first = await world.request(source=PointsSource(collection=COLLECTION), want=("text",))
        assert (await world.finished(first)).failed == 1
        retried = True
        stage.seen.clear()
        end = await world.finished(await world.request(retry_of=first))
    assert (end.state, end.total, end.stored) == ("completed", 1, 1)
    assert [(each.path, each.adds) for each in stage.seen] == [(b"/photos/3.jpg", ("text",))]


async def test_it_goes_on_where_a_killed_scanner_was(world: Bench, tmp_path: Path) -> None:
    reporter = open_reporter()
    reporter.gate.clear()
    async with world.stage(reporter) as stage:
        async with world.scanner(tmp_path / "data") as scanner:
            job = await world.request(source=PointsSource(collection=COLLECTION))
            await until(lambda: len(stage.seen) >= 4)
            await scanner.kill()
        reporter.gate.set()
        async with world.scanner(tmp_path / "data"):
            end = await world.finished(job)
    assert (end.state, end.total, end.stored) == ("completed", 4, 4)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (PointsSource(collection="gone"), Code.COLLECTION_NOT_FOUND),
        (PointsSource(collection=COLLECTION, filters={"colour": "red"}), Code.INVALID_REQUEST),
    ],
)
async def test_points_that_cannot_be_listed_fail_the_job(
    world: Bench, tmp_path: Path, source: PointsSource, code: Code
) -> None:
    async with world.scanner(tmp_path / "data"):
        end = await world.finished(await world.request(source=source))
    assert (end.state, end.code, end.total) == ("failed", code, 0)
