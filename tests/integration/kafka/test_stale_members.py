"""Putting out the members of groups whose processes are no more."""

from libs.common.kafka.stale_members import remove_stale_members
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
