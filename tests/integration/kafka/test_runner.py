"""The runner against a real broker: what it commits, and what it does with what goes wrong."""

import asyncio
from collections.abc import Sequence

from libs.common import events
from libs.common.errors import Code
from libs.common.kafka.outgoing import Outgoing
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.runner.trim import trim
from libs.common.messages import PathRecord
from libs.common.topics import DEAD_LETTERS, PATHS
from tests.support import records
from tests.support.broker import Broker
from tests.support.kafka import connect, job_events, records_of
from tests.support.running import Recording, open_worker, publish, running, stored_ids, wait_for_outcomes
from tests.support.waiting import until


async def test_every_file_is_reported_once_and_a_restart_repeats_nothing(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    files = [records.file(f"{number}.jpg", job_id="j") for number in range(200)]
    await publish(connection, files)
    async with running(connection, open_worker()) as first:
        await until(lambda: len(first.worker.seen) == 200)
        first.stop.set()
        await first.task
    await publish(connection, [records.file("last.jpg", job_id="j")])
    async with running(connection, open_worker()) as second:
        await until(lambda: len(second.worker.seen) > 0)
        second.stop.set()
        await second.task
    assert len(second.worker.seen) == 1
    assert sorted(await stored_ids(connection)) == sorted(
        [file.file_id for file in files] + [records.file("last.jpg").file_id]
    )


async def test_what_was_not_finished_comes_again(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(20)])
    async with running(connection, Recording()) as stuck:
        await until(lambda: len(stuck.worker.seen) > 0)
    assert await stored_ids(connection) == []
    async with running(connection, open_worker()) as second:
        await until(lambda: len(set(second.worker.seen)) == 20)
        second.stop.set()
        await second.task
    assert len(await stored_ids(connection)) == 20


async def test_poison_becomes_a_dead_letter_and_its_files_outcome(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    good, bad = records.file("good.jpg", job_id="j"), records.file("bad.jpg", job_id="j")
    async with Publisher.open(connection) as publisher:
        await publisher.publish([Outgoing(PATHS, "j", b"\xffnonsense", file_id=bad.file_id)])
    await publish(connection, [good])
    async with running(connection, open_worker()) as runner:
        await until(lambda: runner.worker.seen == [good.file_id])
        await wait_for_outcomes(connection, 2)
    written = [events.decode(r.value, events.DeadLetter) for r in await records_of(connection, DEAD_LETTERS)]
    assert [(each.file_id, each.body) for each in written] == [(bad.file_id, b"\xffnonsense")]
    codes = {
        item.file_id: item.code
        for event in await job_events(connection)
        if isinstance(event, events.Outcomes)
        for item in event.items
    }
    assert codes == {good.file_id: None, bad.file_id: Code.UNDECODABLE_RECORD}


async def test_a_second_member_takes_its_share_while_the_first_waits(kafka: Broker, prefix: str) -> None:
    """A batch that merely waits is let go at once: it must not hold up the group."""
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(40)])
    waiting = Recording(waiting="waiting for the ML service")
    async with running(connection, waiting) as first:
        await until(lambda: len(first.worker.seen) > 0)
        began = asyncio.get_running_loop().time()
        async with running(connection, open_worker()) as second:
            await until(lambda: len(second.worker.seen) > 0)
            took = asyncio.get_running_loop().time() - began
            waiting.gate.set()
            waiting.waiting = None
            await wait_for_outcomes(connection, 40)
            assert first.health.state == "ready"
    assert took < 8, "the group waited for a batch that only waits itself"
    assert len(set(await stored_ids(connection))) == 40


async def test_a_worker_that_cannot_go_on_ends_the_runner_uncommitted(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(job_id="j")])

    class Broken(Recording):
        async def __call__(self, batch: Sequence[PathRecord]) -> list[Outgoing]:
            raise RuntimeError(f"no way to handle {len(batch)} records")

    async with running(connection, Broken()) as broken:
        done, _ = await asyncio.wait([broken.task], timeout=20)
        assert done
        assert isinstance(broken.task.exception(), RuntimeError)
    async with running(connection, open_worker()) as second:
        await until(lambda: len(second.worker.seen) == 1)


async def test_consumed_records_leave_the_disk(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    await publish(connection, [records.file(f"{number}.jpg", job_id="j") for number in range(20)])
    async with running(connection, open_worker()) as runner:
        await wait_for_outcomes(connection, 20)
        runner.stop.set()
        await runner.task
    assert len(await records_of(connection, PATHS)) == 20
    await trim(connection, "test", (PATHS,))
    assert await records_of(connection, PATHS) == []
