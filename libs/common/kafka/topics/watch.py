"""Noticing that the topics are not what they were: deleted, or recreated with another partition count."""

import asyncio
from collections.abc import Iterable

from libs.common.errors import Code, UnavailableError
from libs.common.kafka.connection import Connection
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.topics.admin import check_counts
from libs.common.topics import ALL

LOOK_SECONDS = 5.0


async def watch_topics(connection: Connection, publisher: Publisher) -> None:
    """Look every LOOK_SECONDS, until cancelled, whether all topics are there as declared.

    Raises UnavailableError for one that is gone, so that the stage joins again and makes it; SluiceError
    partition_mismatch for one whose jobs would be looked for in the wrong place.
    """
    missed: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            counts = await publisher.counts()
        except UnavailableError:
            # The one that publishes or polls says so.
            continue
        missing = frozenset(connection.names.of(topic) for topic in ALL) - counts.keys()
        # Once is not enough: a broker that has just started may not know all of them yet.
        if gone := missing & missed:
            raise _gone(gone)
        missed = missing
        if not missing:
            check_counts(connection, counts)


def _gone(topics: Iterable[str]) -> UnavailableError:
    names = ", ".join(sorted(topics))
    return UnavailableError(
        Code.BROKER_UNAVAILABLE, f"deleted while it was in use, and now recreated: the topic {names}"
    )
