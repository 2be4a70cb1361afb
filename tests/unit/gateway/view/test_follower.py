"""Catching up while more and more comes; the rest of the follower is tested on a broker."""

import asyncio
from pathlib import Path
from typing import cast

import pytest
from aiokafka.structs import ConsumerRecord

from libs.common.errors import Code, UnavailableError
from libs.common.kafka.tables.tail import Records, Tail
from libs.common.runtime.disk import no_room
from libs.common.topics import JOB_STATUS
from services.gateway.view.follower import Follower
from services.gateway.view.view import View
from tests.support.waiting import LIMIT_S


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
    async with asyncio.timeout(LIMIT_S):
        # Partition 1 was folded by an earlier process, and nothing comes there any more.
        await follower.reach({0: 10, 1: 7})
    written = view.written
    stop.set()
    await following

    assert 10 <= written <= 13
    assert view.written == tail.position, "what was read is folded before it ends"


class Full(Slow):
    """A view that has no room until it is given some; it keeps the offsets in the order of their writing."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.offsets: list[int] = []

    async def write(self, *what: object) -> None:
        await asyncio.sleep(0.001)
        if not self.room.is_set():
            raise no_room(Path("/data"))
        self.offsets += cast("dict[int, int]", what[2]).values()


async def test_while_the_view_has_no_room_whoever_waits_is_told_and_then_it_goes_on_where_it_was() -> None:
    view, stop = Full(), asyncio.Event()
    follower = Follower(cast("Tail", Torrent()), JOB_STATUS, cast("View", view), lambda _: None, {})
    following = asyncio.create_task(follower._run(stop))
    with pytest.raises(UnavailableError, match="make room") as full:
        async with asyncio.timeout(LIMIT_S):
            await follower.reach({0: 3})
    assert full.value.code is Code.DISK_FULL
    view.room.set()
    while len(view.offsets) < 5:
        await asyncio.sleep(0.001)
    await follower.reach({0: 5})
    stop.set()
    await following

    assert view.offsets == list(range(1, len(view.offsets) + 1))


async def test_a_stop_while_the_view_has_no_room_leaves_what_it_could_not_write_to_the_next_start() -> None:
    view, stop = Full(), asyncio.Event()
    follower = Follower(cast("Tail", Torrent()), JOB_STATUS, cast("View", view), lambda _: None, {})
    following = asyncio.create_task(follower._run(stop))
    with pytest.raises(UnavailableError):
        await follower.reach({0: 3})
    stop.set()
    async with asyncio.timeout(LIMIT_S):
        await following

    assert view.offsets == []
