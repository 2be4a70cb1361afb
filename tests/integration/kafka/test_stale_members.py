"""Putting out the members of groups whose processes are no more."""

import pytest

from libs.common.kafka import stale_members
from libs.common.kafka.stale_members import group_consumer, remove_stale_members
from libs.common.topics import PATHS
from tests.support.broker import Broker
from tests.support.kafka import connect
from tests.support.waiting import until


async def test_who_was_in_the_groups_is_put_out_of_those_that_are_named(kafka: Broker, prefix: str) -> None:
    connection = await connect(kafka, prefix)

    async def members(stage: str) -> int:
        async with connection.admin() as admin:
            (answer,) = await admin.describe_consumer_groups([connection.names.group(stage)])
        return len(answer.groups[0][-1])

    async with (
        connection.consumer(PATHS, group="processor") as one,
        connection.consumer(PATHS, group="tasks") as other,
    ):
        await until(lambda: bool(one.assignment() and other.assignment()))
        await remove_stale_members(connection, ["processor", "no one-is-in-this-one"])
        assert (await members("processor"), await members("tasks")) == (0, 1)


async def test_a_replica_that_was_killed_does_not_wait_for_its_former_session(
    kafka: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await connect(kafka, prefix)
    async with connection.consumer(PATHS, group="processor") as killed:
        await until(lambda: bool(killed.assignment()))
        monkeypatch.setattr(killed._coordinator, "_maybe_leave_group", nothing)

    async with group_consumer(connection, "processor") as again:
        again.subscribe([connection.names.of(PATHS)])
        await until(lambda: bool(again.assignment()), timeout_s=connection.session_s / 2)


async def test_a_replica_that_joins_leaves_those_of_other_names_where_they_are(
    kafka: Broker, prefix: str
) -> None:
    first, second = await connect(kafka, prefix, "a"), await connect(kafka, prefix, "b")
    async with first.consumer(PATHS, group="processor") as one:
        await until(lambda: bool(one.assignment()))
        member = one._coordinator.member_id
        async with group_consumer(second, "processor") as other:
            other.subscribe([second.names.of(PATHS)])
            await until(lambda: bool(other.assignment()))
            assert one._coordinator.member_id == member


async def test_two_processes_of_one_name_are_said_once_with_the_way_out(
    kafka: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stale_members, "_looks", lambda _: (0.0, 0.0))
    connection = await connect(kafka, prefix, "a")
    async with connection.consumer(PATHS, group="processor") as one:
        await until(lambda: bool(one.assignment()))
        await stale_members._report_twin(connection, "processor")
        assert "another process" not in caplog.text
        async with connection.consumer(PATHS, group="processor") as other:
            await until(lambda: bool(other.assignment()))
            await stale_members._report_twin(connection, "processor")
    assert "another process is called a-a too" in caplog.text
    assert "give each replica an INSTANCE of its own" in caplog.text


async def nothing() -> None:
    """A process that was killed says no farewell."""
