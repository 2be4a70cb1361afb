"""When consumed records are deleted from the brokers' disk."""

import asyncio
from typing import cast

import pytest

from libs.common.kafka.connection import Connection
from libs.common.kafka.runner import trim
from libs.common.topics import ALL, CAPTIONS, IMAGES, ML_RESULTS, POINTS, Topic

NOWHERE = cast("Connection", None)


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[Topic]:
    found: asyncio.Queue[Topic] = asyncio.Queue()

    async def said(_: Connection, __: str, topic: Topic) -> None:
        found.put_nowait(topic)

    monkeypatch.setattr(trim, "trim_or_say", said)
    monkeypatch.setattr(trim, "LOOK_SECONDS", 0.01)
    return found


async def test_what_was_consumed_goes_when_it_is_much_and_not_only_each_minute(
    trimmed: asyncio.Queue[Topic],
) -> None:
    consumed = 0
    trimming = asyncio.create_task(trim.trim_forever(NOWHERE, "inferencer", (IMAGES,), lambda: consumed))
    for _ in range(2):
        await asyncio.sleep(0.05)
        assert trimmed.empty()
        consumed += trim.TRIM_BYTES
        async with asyncio.timeout(30):
            assert await trimmed.get() is IMAGES
    trimming.cancel()


async def test_little_goes_after_a_minute(
    trimmed: asyncio.Queue[Topic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trim, "TRIM_SECONDS", 0.05)
    trimming = asyncio.create_task(trim.trim_forever(NOWHERE, "inferencer", (IMAGES,), lambda: 1))
    async with asyncio.timeout(30):
        assert await trimmed.get() is IMAGES
    trimming.cancel()


def test_a_quiet_topic_takes_less_than_100_mb_in_twelve_partitions() -> None:
    large = [topic for topic in ALL if topic.segment_bytes * 12 > 100_000_000]
    assert not {IMAGES, CAPTIONS, ML_RESULTS, POINTS} & set(large)
