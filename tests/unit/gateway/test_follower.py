"""Catching up while more and more comes; the rest of the follower is tested on a broker."""

import asyncio
from typing import cast

from aiokafka.structs import ConsumerRecord

from libs.common.kafka.tail import Records, Tail
from libs.common.topics import JOB_STATUS
from services.gateway.follower import Follower
from services.gateway.view import View


class Torrent:
    """A tail that always has a next record at once; its position is behind what it gave."""

    def __init__(self) -> None:
        self.position = 0

    async def read(self, _timeout_s: float, _max_records: int) -> Records:
        record = ConsumerRecord("t", 0, self.position, 0, 0, None, None, None, 0, 0, ())
        self.position += 1
        return {0: [record]}

    async def has_reached(self, ends: dict[int, int]) -> bool:
        return self.position >= ends[0]


class Slow:
    """A view that takes its time, and counts what it has."""

    written = 0

    async def write(self, *_: object) -> None:
        await asyncio.sleep(0.001)
        self.written += 1


async def test_whoever_waits_for_an_offset_does_not_wait_for_what_comes_after_it() -> None:
    tail, view, stop = Torrent(), Slow(), asyncio.Event()
    follower = Follower(cast("Tail", tail), JOB_STATUS, cast("View", view), lambda _: None, {1: 7})
    following = asyncio.create_task(follower._run(stop))
    async with asyncio.timeout(5):
        # Partition 1 was folded by an earlier process, and nothing comes there any more.
        await follower.reach({0: 10, 1: 7})
    written = view.written
    stop.set()
    await following

    assert 10 <= written <= 13
    assert view.written == tail.position, "what was read is folded before it ends"
