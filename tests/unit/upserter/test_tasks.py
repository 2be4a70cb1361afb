"""The worker of tasks over the real embedded store, with a control table without Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from typing import cast
from uuid import uuid4

import numpy as np
import pytest

from libs.common import events
from libs.common.control import CollectionState, JobCommand
from libs.common.errors import Code, UnavailableError
from libs.common.events import TaskEvent
from libs.common.ids import file_id
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import TaskRecord
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Point
from libs.common.store.server.store import ServerStore
from libs.common.topics import CONTROL, JOB_STATUS, MAX_MESSAGE_BYTES
from services.upserter.admission import Admission
from services.upserter.tasks import by_index, comparing, vectors
from services.upserter.tasks.find_similar import READ_SHARE, find_similar
from services.upserter.tasks.merge import merge
from services.upserter.tasks.worker import TaskWorker
from services.upserter.writing import Writer
from tests.support.qdrant import HOST, qdrant_http
from tests.unit.upserter.conftest import Control

SIZE = 8
MOST_COMPARED = "services.upserter.tasks.find_similar.MOST_COMPARED"
_numbers = count()


@dataclass
class Facts(Control):
    """Control with commands."""

    commands: dict[str, JobCommand] = field(default_factory=dict)

    def command(self, job_id: str) -> JobCommand | None:
        return self.commands.get(job_id)


@dataclass
class World:
    """A worker, its collection of three groups, and what it has told."""

    store: EdgeStore
    collection: str
    facts: Facts
    scratch: Path = field(default_factory=lambda: Path(gettempdir()))
    reported: list[TaskEvent] = field(default_factory=list)
    on_event: Callable[[TaskEvent], None] = lambda _: None

    def worker(self) -> TaskWorker:
        admission = Admission(self.store, self.facts, self.facts.publish)
        kinds = {
            "find_similar": partial(find_similar, self.store, self.scratch),
            "merge": partial(merge, self.store, admission, Writer(self.store, 32, 2)),
        }
        return TaskWorker(kinds, self.publish, self.facts)

    def task(self, kind: events.TaskKind = "find_similar", **params: object) -> TaskRecord:
        return TaskRecord(
            task_id=str(uuid4()), kind=kind, collection=self.collection, generation="g1", params=params
        )

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            assert each.topic is JOB_STATUS
            assert len(each.value or b"") <= MAX_MESSAGE_BYTES
            body = events.decode_event(each.value or b"")
            assert isinstance(body, TaskEvent)
            self.reported.append(body)
            self.on_event(body)

    async def run(self, task: TaskRecord) -> TaskEvent:
        """The terminal event."""
        ending, tombstone = await self.worker()([task])
        body = events.decode_event(ending.value or b"")
        assert isinstance(body, TaskEvent)
        assert (tombstone.topic, tombstone.key, tombstone.value) == (CONTROL, f"job:{task.task_id}", None)
        return body

    def groups(self, run: str) -> list[events.SimilarGroup]:
        """The groups that a run handed out, by their numbers."""
        found = {
            body.place + index: group
            for body in self.reported
            if body.run == run
            for index, group in enumerate(body.groups)
        }
        assert sorted(found) == list(range(len(found)))
        return [found[place] for place in sorted(found)]


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerStore]:
    """The adapter of a Qdrant server."""
    async with qdrant_http(tmp_path_factory.mktemp("qdrant")) as running:
        store = ServerStore(HOST, running.port)
        yield store
        await store.close()


@pytest.fixture
async def world(edge_store: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(vectors, "PAGE", 7)
    monkeypatch.setattr(comparing, "BLOCK", 7)
    monkeypatch.setattr("services.upserter.tasks.run.TELL_SECONDS", 0.0)
    name = f"tasks-{next(_numbers)}"
    await edge_store.create(name, SIZE, "Cosine")
    random = np.random.default_rng(3)
    sources = random.normal(size=(20, SIZE))[[*range(20), *range(10), 0]]
    rows = sources + 0.001 * random.normal(size=sources.shape)
    await edge_store.upsert(name, [_point(name, n, row.tolist()) for n, row in enumerate(rows)])
    return World(edge_store, name, Facts([CollectionState(name=name, generation="g1")]))


def _point(collection: str, number: int, vector: list[float]) -> Point:
    path = f"/photos/{number}.jpg"
    payload = {"filename": f"{number}.jpg", "full_path": path, "width": number, "height": 1, "model": "m1"}
    return Point(file_id(collection, path.encode()), vector, payload)


def names(groups: Sequence[events.SimilarGroup]) -> list[list[str | None]]:
    return [[member.filename for member in group.points] for group in groups]


async def test_the_largest_group_comes_first_and_its_keeper_before_the_others(world: World) -> None:
    over = await world.run(world.task())

    found = names(world.groups(over.run))
    assert (over.state, over.progress) == ("completed", 100.0)
    assert over.totals == {"points": 31, "groups": 10, "similar_points": 21}
    assert (found[0][0], set(found[0])) == ("30.jpg", {"0.jpg", "20.jpg", "30.jpg"})
    assert sorted(found[1:]) == sorted([f"{n + 20}.jpg", f"{n}.jpg"] for n in range(1, 10))


async def test_an_attempt_that_was_ended_anywhere_is_repeated_with_the_same_result(world: World) -> None:
    whole = await world.run(world.task())
    expected, moments = world.groups(whole.run), len(world.reported)

    for moment in range(1, moments, 3):
        task = world.task()
        world.reported.clear()
        attempt = asyncio.create_task(world.worker()([task]))

        def end(_: TaskEvent, moment: int = moment, attempt: asyncio.Task[list[Outgoing]] = attempt) -> None:
            if len(world.reported) == moment:
                attempt.cancel()

        world.on_event = end
        with pytest.raises(asyncio.CancelledError):
            await attempt
        world.on_event = lambda _: None
        over = await world.run(task)

        assert (over.state, over.totals) == ("completed", whole.totals)
        assert world.groups(over.run) == expected


async def test_progress_never_goes_back_and_only_the_end_is_100(world: World) -> None:
    await world.run(world.task())

    reported = [body.progress for body in world.reported]
    assert len(reported) > 5
    assert reported == sorted(reported)
    assert max(reported) < 100


async def test_a_task_is_cancelled_where_it_is(world: World) -> None:
    task = world.task()

    def cancel(body: TaskEvent) -> None:
        if body.progress > 10:
            world.facts.commands[task.task_id] = JobCommand(job_id=task.task_id, action="cancel")

    world.on_event = cancel
    over = await world.run(task)

    assert (over.state, over.code) == ("cancelled", Code.CANCELLED)
    assert not world.groups(over.run)


async def test_a_collection_made_anew_is_another_one(world: World) -> None:
    world.facts.written.append(CollectionState(name=world.collection, generation="g2"))

    over = await world.run(world.task())

    assert (over.state, over.code) == ("failed", Code.COLLECTION_GONE)


async def test_what_makes_no_sense_fails_its_task_alone(world: World) -> None:
    endings = [
        await world.run(task)
        for task in (world.task("map"), world.task(threshold="high"), world.task("merge"))
    ]

    assert [over.code for over in endings] == [
        Code.INVALID_REQUEST, Code.UNDECODABLE_RECORD, Code.UNDECODABLE_RECORD
    ]  # fmt: skip


async def test_a_fault_fails_its_task_and_not_the_stage(world: World) -> None:
    async def broken(_: object) -> dict[str, int]:
        raise ZeroDivisionError

    worker = TaskWorker({"merge": broken}, world.publish, world.facts)
    ending, _ = await worker([world.task("merge")])
    over = events.decode_event(ending.value or b"")

    assert isinstance(over, TaskEvent)
    assert (over.state, over.code) == ("failed", Code.INTERNAL)


async def test_a_store_that_is_away_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.common.runtime.retry.FIRST_PAUSE_S", 0.001)
    scroll, failures = world.store.scroll, iter(range(3))

    async def away(*args: object, **options: object) -> object:
        if next(failures, None) is not None:
            raise UnavailableError(Code.STORE_UNAVAILABLE, "away")
        return await scroll(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(world.store, "scroll", away)

    assert (await world.run(world.task())).state == "completed"


async def test_a_collection_that_would_not_fit_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MOST_COMPARED, 30)

    over = await world.run(world.task())

    assert (over.state, over.code) == ("failed", Code.TOO_LARGE)
    assert "needs a Qdrant server" in (over.error or "")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["keeper", "strict", "similar"])
async def test_above_the_limit_the_index_of_a_server_finds_the_same_groups(
    world: World, server: ServerStore, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    every = await world.run(world.task(mode=mode))
    page, _ = await world.store.scroll(world.collection, limit=99, vectors=True)
    await server.create(world.collection, SIZE, "Cosine")
    await server.upsert(world.collection, [Point(each.id, each.vector or [], each.payload) for each in page])
    monkeypatch.setattr(MOST_COMPARED, 30)
    monkeypatch.setattr(by_index, "BATCH", 7)
    world.store = cast("EdgeStore", server)

    over = await world.run(world.task(mode=mode))

    assert over.totals == every.totals | {"recall_permille": 1000}
    assert names(world.groups(over.run)) == names(world.groups(every.run))


async def test_a_cancel_is_seen_between_two_spans_of_blocks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "SPAN", 1)
    looks = 0

    def cancel(event: TaskEvent) -> None:
        nonlocal looks
        if event.progress > READ_SHARE:
            looks += 1
            world.facts.commands[event.job_id] = JobCommand(job_id=event.job_id, action="cancel")

    world.on_event = cancel

    over = await world.run(world.task())

    assert (over.state, looks) == ("cancelled", 1)


@pytest.mark.slow
async def test_groups_of_any_size_travel_in_events_that_fit(edge_store: EdgeStore) -> None:
    name = f"tasks-{next(_numbers)}"
    await edge_store.create(name, SIZE, "Cosine")
    long = "x" * 200
    points = [_point(name, n, [1.0] * SIZE) for n in range(5_000)]
    for point in points:
        point.payload["filename"] = long
    await edge_store.upsert(name, points)
    world = World(edge_store, name, Facts([CollectionState(name=name, generation="g1")]))

    over = await world.run(world.task(mode="strict"))

    parts = world.groups(over.run)
    assert over.totals == {"points": 5_000, "groups": 1, "similar_points": 5_000}
    assert len({part.group_id for part in parts}) == 1
    assert {member.id for part in parts for member in part.points} == {point.id for point in points}
    assert len([body for body in world.reported if body.groups]) > 1


@pytest.mark.slow
async def test_a_merge_that_was_ended_anywhere_is_repeated_with_the_same_result(world: World) -> None:
    world.facts.written.append(CollectionState(name="into", generation="g9"))
    sources = (world.collection,)
    source, world.collection = world.collection, "into"
    for moment in range(1, 3):
        await world.store.create("into", SIZE, "Cosine")
        task = TaskRecord(
            task_id=str(uuid4()), kind="merge", collection="into", generation="g9",
            params={"sources": sources},
        )  # fmt: skip
        world.reported.clear()
        attempt = asyncio.create_task(world.worker()([task]))

        def end(_: TaskEvent, moment: int = moment, attempt: asyncio.Task[list[Outgoing]] = attempt) -> None:
            if len(world.reported) == moment:
                attempt.cancel()

        world.on_event = end
        with pytest.raises(asyncio.CancelledError):
            await attempt
        world.on_event = lambda _: None
        over = await world.run(task)

        assert over.totals == {"copied": 31, "kept": 0, "rejected": 0}
        assert await world.store.count("into") == await world.store.count(source) == 31
        assert world.facts.filled("into") is not None
        await world.store.delete("into")
