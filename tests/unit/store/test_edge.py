"""The embedded store through crashes, second owners and closing."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.children.child import Child
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.store import advice, edge
from libs.common.store.edge import LOCK_PATIENCE_SECONDS, EdgeStore
from libs.common.store.engine.turns import AT_THE_ENGINE
from libs.common.store.protocol import Filter, Point
from tests.support.waiting import until

BATCH = 16
PATIENCE_SECONDS = 30.0


def edge_store_at(data: Path, lock_patience_seconds: float = LOCK_PATIENCE_SECONDS) -> EdgeStore:
    """A store with one index: with all of them each collection takes a second to make and open."""
    return EdgeStore(data, lock_patience_seconds=lock_patience_seconds, indexes={"file_hash": "keyword"})


def points(start: int, count: int = BATCH) -> list[Point]:
    return [
        Point(str(UUID(int=number)), [1, number, 0, 0], {"n": number})
        for number in range(start, start + count)
    ]


async def writing_until_killed(data: Path) -> None:
    """What the killed process runs: says each batch that was acknowledged."""
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    for start in range(0, 10**6, BATCH):
        await store.upsert("photos", points(start))
        print(start + BATCH, flush=True)


async def test_an_acknowledged_write_survives_a_kill(data: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.unit.store.test_edge", str(data)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert writer.stdout is not None
    acknowledged = 0
    while acknowledged < 50 * BATCH:
        acknowledged = int(await asyncio.wait_for(writer.stdout.readline(), PATIENCE_SECONDS))
    writer.send_signal(signal.SIGKILL)
    acknowledged = max([acknowledged, *map(int, (await writer.stdout.read()).split())])
    await writer.wait()

    store = edge_store_at(data)
    assert await store.count("photos") >= acknowledged
    found = await store.retrieve("photos", [point.id for point in points(0, acknowledged)])
    assert {record.payload["n"] for record in found} == set(range(acknowledged))
    await store.close()


async def test_a_killed_engine_is_replaced_and_has_lost_nothing(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    os.kill(engine_of(store), signal.SIGKILL)
    with pytest.raises(UnavailableError) as away:
        await counting_until_it_fails(store)
    assert away.value.code is Code.STORE_UNAVAILABLE
    assert await store.count("photos") == BATCH
    await store.close()


async def test_calls_in_flight_fail_as_unavailable_when_the_engine_dies(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    calls = [
        asyncio.create_task(store.upsert("photos", points(start, 512))) for start in range(0, 512 * 40, 512)
    ]
    await calls[0]
    os.kill(engine_of(store), signal.SIGKILL)
    results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), PATIENCE_SECONDS)
    assert isinstance(results[-1], UnavailableError)
    stored = sum(512 for result in results if result is None)
    assert await store.count("photos") >= stored
    await store.close()


async def test_a_second_process_on_the_same_data_is_told_so(data: Path) -> None:
    first, second = edge_store_at(data), edge_store_at(data, lock_patience_seconds=0.1)
    await first.open()
    with pytest.raises(SluiceError) as busy:
        await second.open()
    assert busy.value.code is Code.DATA_DIR_BUSY
    assert str(data) in busy.value.detail
    await first.close()
    assert await second.collections() == []
    await second.close()


async def test_a_collection_half_made_or_half_removed_does_not_exist(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("whole", 4, "Dot")
    await store.close()
    # What a crash leaves: a folder under a passing name, with some of its content.
    for left_over in (".in-the-making/shard/segments", ".leaving"):
        (data / left_over).mkdir(parents=True)
    (data / ".leaving" / "collection.json").write_text("{")

    store = edge_store_at(data)
    assert await store.collections() == ["whole"]
    assert (await store.info("whole")).distance == "Dot"
    assert names_in(data) == [".lock", "whole"]
    await store.close()


async def test_a_damaged_collection_leaves_the_others_alone(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("good", 4, "Cosine")
    (data / "bad").mkdir()
    with pytest.raises(SluiceError) as damaged:
        await store.count("bad")
    assert (damaged.value.code, damaged.value.retryable) == (Code.INTERNAL, False)
    assert await store.count("good") == 0
    await store.close()


async def test_deleting_while_calls_run_ends_each_of_them_cleanly(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    calls = [
        asyncio.create_task(store.upsert("photos", points(start))) for start in range(0, 20 * BATCH, BATCH)
    ]
    deleting = asyncio.create_task(store.delete("photos"))
    calls += [
        asyncio.create_task(store.upsert("photos", points(start))) for start in range(0, 5 * BATCH, BATCH)
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    await deleting
    assert results[:20] == [None] * 20
    assert [getattr(result, "code", None) for result in results[20:]] == [Code.COLLECTION_NOT_FOUND] * 5
    assert await store.collections() == []
    await store.close()


async def test_a_cancelled_call_does_not_shift_the_answers_of_others(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    first, second = asyncio.create_task(store.collections()), asyncio.create_task(store.count("photos"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == BATCH
    assert await store.count("photos") == BATCH
    await store.close()


async def test_calls_that_are_cancelled_before_their_turn_leave_the_engine_no_work(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = edge_store_at(data), list[bytes]()
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    child = child_of(store)

    def ask(body: bytes) -> asyncio.Future[bytearray]:
        asked.append(body)
        return Child.ask(child, body)

    monkeypatch.setattr(child, "ask", ask)
    os.kill(child.pid, signal.SIGSTOP)
    calls = [asyncio.create_task(store.search("photos", [[1, 0, 0, 0]], limit=1)) for _ in range(40)]
    await until(lambda: len(asked) == AT_THE_ENGINE)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    os.kill(child.pid, signal.SIGCONT)

    assert await store.count("photos") == BATCH
    assert len(asked) == AT_THE_ENGINE + 1
    await store.close()


async def test_closing_ends_the_engine_keeps_the_data_and_refuses_more(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    engine = engine_of(store)
    await store.close()
    with pytest.raises(ProcessLookupError):
        os.kill(engine, 0)
    with pytest.raises(UnavailableError):
        await store.count("photos")
    await store.close()
    again = edge_store_at(data)
    assert await again.count("photos") == BATCH
    await again.close()


async def test_counts_of_values_are_exact_through_updates_deletions_and_compaction(data: Path) -> None:
    store = EdgeStore(data, indexes={"colour": "keyword"})
    await store.create("photos", 4, "Cosine")

    async def put(numbers: range, colours: tuple[str, ...]) -> None:
        made = [
            Point(str(UUID(int=n)), [1, n, 0, 0], {"colour": colours[n % len(colours)], "n": n})
            for n in numbers
        ]
        for start in range(0, len(made), 500):
            await store.upsert("photos", made[start : start + 500])

    async def counted() -> dict[str | int, int]:
        everything = Filter(has=("n",))
        kept, gone_through = [
            {each.value: each.count for each in await store.facet("photos", "colour", limit=9, where=where)}
            for where in (None, everything)
        ]
        assert kept == gone_through
        return kept

    await put(range(3000), ("red", "blue", "green"))
    await put(range(600), ("blue",))
    assert await counted() == {"red": 800, "blue": 1400, "green": 800}
    await store.delete_points("photos", [str(UUID(int=n)) for n in range(500, 2000)])
    left = await counted()
    assert sum(left.values()) == 1500
    await until_tidied(data)
    assert await counted() == left
    await put(range(600, 700), ("red",))
    assert (await counted())["red"] == left["red"] + 100
    await store.close()


async def test_others_get_their_turn_between_the_searches_of_a_large_batch(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "COMPARED_PER_CALL", 8 * BATCH)
    store, ended = edge_store_at(data), list[str]()
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))

    async def many() -> None:
        found = await store.search("photos", [[1, 0, 0, 0]] * 64, limit=1)
        assert len(found) == 64
        ended.append("64 searches")

    async def one() -> None:
        await store.retrieve("photos", [points(0)[0].id])
        ended.append("a read")

    await asyncio.gather(many(), one())
    await store.close()

    assert ended == ["a read", "64 searches"]


async def test_deleted_points_stay_deleted_through_compaction_and_a_kill(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0, 4000))
    await store.delete_points("photos", [point.id for point in points(0, 3000)])
    await until_tidied(data)
    await store.upsert("photos", points(4000))
    os.kill(engine_of(store), signal.SIGKILL)
    again = edge_store_at(data)
    assert (await again.info("photos")).points_count == 1000 + BATCH
    assert await again.retrieve("photos", [point.id for point in points(0, 3000)]) == []
    await again.close()
    await store.close()


async def until_tidied(data: Path) -> None:
    """Until the engine has used a pause to replace the segment that most points were deleted from."""
    segments = data / "photos" / "shard" / "segments"
    before = set(segments.iterdir())
    await until(lambda: not before & set(segments.iterdir()))


async def counting_until_it_fails(store: EdgeStore) -> None:
    for _ in range(1000):
        await store.count("photos")


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def engine_of(store: EdgeStore) -> int:
    return child_of(store).pid


def child_of(store: EdgeStore) -> Child:
    assert store._client is not None
    return store._client._child


async def test_a_server_is_recommended_once_for_a_large_collection(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(advice, "SERVER_FROM", BATCH)
    store = edge_store_at(data)
    for name, count in (("small", BATCH - 1), ("large", BATCH)):
        await store.create(name, 4, "Cosine")
        await store.upsert(name, points(0, count))
        assert [(await store.info(name)).points_count for _ in range(2)] == [count] * 2
    await store.close()
    said = [each.getMessage() for each in caplog.records if "QDRANT_HOST" in each.getMessage()]
    assert [words.split()[1] for words in said] == ["large"]


if __name__ == "__main__":
    asyncio.run(writing_until_killed(Path(sys.argv[1])))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("shard/edge_config.json", b""),
        ("shard/wal/first-index", b"rubbish"),
        ("shard/segments/*/segment.json", b"{"),
        ("shard/segments/*/payload_index/*null/has_values/status.dat", b""),
    ],
)
async def test_a_damaged_collection_says_what_to_do_and_can_be_deleted(
    data: Path, file: str, damage: bytes
) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    await store.close()
    next((data / "photos").glob(file)).write_bytes(damage)
    store = edge_store_at(data)
    with pytest.raises(SluiceError, match="ingest its photos again") as damaged:
        await store.count("photos")
    assert (damaged.value.code, damaged.value.retryable) == (Code.INTERNAL, False)
    assert str(data / "photos") in damaged.value.detail
    await store.delete("photos")
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    assert await store.count("photos") == BATCH
    await store.close()


async def test_a_file_of_the_engine_that_was_cut_short_is_said(data: Path) -> None:
    store = edge_store_at(data)
    await store.create("photos", 4, "Cosine")
    await store.upsert("photos", points(0))
    await store.close()
    vectors = next((data / "photos/shard/segments").glob("*/vector_storage/vectors/status.dat"))
    vectors.write_bytes(b"")
    store = edge_store_at(data)
    with pytest.raises(SluiceError, match="ingest its photos again"):
        await store.count("photos")
    assert await store.collections() == ["photos"]
    await store.close()
