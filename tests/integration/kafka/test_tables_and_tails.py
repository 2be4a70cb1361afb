"""Tails and tables on a real broker."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.errors import KafkaError

from libs.common import control, events
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.kafka.outgoing import Outgoing, event, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.kafka.tables.table import Table, read_partition
from libs.common.kafka.tables.tail import Tail
from libs.common.kafka.topics.admin import ensure_topics
from libs.common.topics import CONTROL, JOB_STATUS
from tests.support.broker import Broker
from tests.support.kafka import connect
from tests.support.waiting import LIMIT_S


async def test_a_table_shows_what_was_written_before_a_refresh(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    async with Publisher.open(connection) as publisher, ControlTable.open(connection) as table:
        assert table.active() is None
        for number in range(20):
            await publisher.publish([fact(control.ActiveCollection(name=f"c{number}"))])
            await table.refresh()
            assert table.active() == f"c{number}"


async def test_a_model_of_an_earlier_generation_does_not_count(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    facts: list[control.Control] = [
        control.CollectionState(name="c", generation="new"),
        control.FilledBy(name="c", generation="old", model="m"),
    ]
    async with Publisher.open(connection) as publisher, ControlTable.open(connection) as table:
        await publisher.publish([fact(each) for each in facts])
        await table.refresh()
        assert table.filled("c") is None
        await publisher.publish([Outgoing(CONTROL, "collection:c", None)])
        await table.refresh()
        assert table.collection("c") is None


async def test_a_record_that_is_no_fact_does_not_stop_the_table(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    async with Publisher.open(connection) as publisher:
        await publisher.publish([Outgoing(CONTROL, "active", b"nonsense")])
        await publisher.publish([fact(control.ModelInUse(model="m", dimension=4))])
    rows = await read_partition(connection, CONTROL, 0, control.decode)
    assert set(rows) == {"model"}


async def test_a_table_is_up_to_date_also_where_a_topic_ends_with_a_marker(
    kafka: Broker, prefix: str
) -> None:
    connection = await connect(kafka, prefix)
    async with ControlTable.open(connection) as table:
        async with connection.producer(transactional_id=f"{prefix}t") as producer, producer.transaction():
            body = events.encode(control.ActiveCollection(name="c"))
            await producer.send_and_wait(connection.names.of(CONTROL), body, key=b"active")
        async with asyncio.timeout(LIMIT_S):
            # The broker writes the marker after it has answered: until then the record is not committed.
            while table.active() != "c":
                await table.refresh()


async def test_a_table_that_is_read_no_more_is_not_taken_for_true(kafka: Broker, prefix: str) -> None:
    def fail(_body: bytes) -> control.Control:
        raise RuntimeError("no memory")

    connection = await connect(kafka, prefix)
    async with Publisher.open(connection) as publisher, Table.open(connection, CONTROL, fail) as table:
        await publisher.publish([fact(control.ActiveCollection(name="c"))])
        with pytest.raises(SluiceError, match="no memory"):
            await table.refresh()
        with pytest.raises(SluiceError, match="no memory"):
            _ = table.rows


async def test_a_tail_goes_back_but_never_forward(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    sent = [event(events.StateChanged(job_id="j", state="paused")) for _ in range(10)]
    async with Publisher.open(connection) as publisher, Tail.open(connection, JOB_STATUS) as tail:
        partition = (await publisher.publish(sent))[0].partition
        tail.follow({partition: 6})
        assert await offsets(tail, 4) == [6, 7, 8, 9]
        tail.follow({partition: 3})
        assert await offsets(tail, 7) == [3, 4, 5, 6, 7, 8, 9]
        tail.follow({partition: 10})
        await publisher.publish(sent[:1])
        assert await offsets(tail, 1) == [10]
        assert await tail.has_reached(await tail.end_offsets([partition]))


async def test_a_tail_that_follows_nothing_waits_for_its_first_partition(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    async with Tail.open(connection, JOB_STATUS) as tail:
        assert await tail.read(0.05) == {}
        tail.follow({0: 0})
        tail.unfollow([0])
        assert tail.followed == frozenset()


async def offsets(tail: Tail, count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(LIMIT_S):
        while len(found) < count:
            for batch in (await tail.read(0.5)).values():
                found += [record.offset for record in batch]
    return found


async def test_topics_are_made_once_and_another_count_is_refused(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)
    await ensure_topics(connection)
    with pytest.raises(SluiceError, match="TOPIC_PARTITIONS=4") as refused:
        await ensure_topics(replace(connection, partitions=6))
    assert refused.value.code == Code.PARTITION_MISMATCH


async def test_a_broker_that_is_away_is_said_so(kafka: Broker, prefix: str) -> None:
    away = Broker("127.0.0.1:1")
    with pytest.raises(UnavailableError, match="no Kafka broker answers") as refused:
        await connect(away, prefix)
    assert refused.value.code == Code.BROKER_UNAVAILABLE
    assert isinstance(refused.value.__cause__, KafkaError)
    assert kafka.bootstrap_servers != away.bootstrap_servers
