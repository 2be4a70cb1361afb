"""Holding the words of the collection that is searched, and having them follow the store."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.fields import Fields
from libs.common.store.protocol import Filter, Range, Store
from services.gateway.search.lexical import SEARCHED
from services.gateway.search.lexical_index import Index

log = logging.getLogger(__name__)

MOST = 200_000
"""Points whose words are held, in about 300 bytes each; larger collections are read for each search."""
PAGE = 1000
FIELDS = (*SEARCHED, Fields.stored_at.name)
OVERLAP_SECONDS = 10.0
"""Points may be there this much later than they say: clocks differ, and a busy store takes its time."""
REST = 5.0
"""A look for new points rests as many times as long as it took, for other reads share the store."""
LONG_REST = 30.0
"""Likewise for reading the whole again; and the seconds after which new points are looked for in any case."""
QUICK_SECONDS = 0.1
"""Where the whole is read in this time it never rests."""


@dataclass(slots=True)
class _Held:
    name: str
    generation: str | None
    index: Index = field(default_factory=Index)
    whole: bool = False
    reading: asyncio.Task[None] | None = None
    """Reads all of it, at first or again."""
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    looked_at: float = 0.0
    next_look: float = 0.0
    next_reading: float = 0.0


class LexicalCache:
    """The words of one collection at a time, of that which was asked for last."""

    def __init__(self, store: Store, control: ControlTable) -> None:
        self._store = store
        self._control = control
        self._held: _Held | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, store: Store, control: ControlTable) -> AsyncIterator["LexicalCache"]:
        """With nothing held yet; what is being read ends with the block."""
        words = cls(store, control)
        try:
            yield words
        finally:
            await words._let_go()

    async def of(self, name: str, patience_s: float) -> tuple[Index, bool] | None:
        """The collection's words, and whether all of them after `patience_s`; None if it is too large.

        Points that are new are among them at once, or after a rest where looking for them takes long.
        """
        count = (await self._store.info(name)).points_count
        if count > MOST:
            return None
        held = await self._current(name)
        if held.whole:
            await self._follow(held, count)
        else:
            await self._begun(held, patience_s)
        return held.index, held.whole

    async def _current(self, name: str) -> _Held:
        state = self._control.collection(name)
        generation = state.generation if state else None
        if self._held is None or (self._held.name, self._held.generation) != (name, generation):
            await self._let_go()
            self._held = _Held(name, generation)
        return self._held

    async def _begun(self, held: _Held, patience_s: float) -> None:
        if held.reading is None:
            held.reading = asyncio.create_task(self._read_all(held, held.index), name="words")
        await asyncio.wait({held.reading}, timeout=patience_s)
        if held.reading.done() and not held.whole:
            reading, held.reading = held.reading, None
            reading.result()

    async def _follow(self, held: _Held, count: int) -> None:
        clock = asyncio.get_running_loop().time
        if count == len(held.index) and clock() < held.looked_at + LONG_REST:
            return
        async with held.looking:
            if clock() >= held.next_look:
                await self._look(held)
            if (count != len(held.index) or held.index.is_worn) and clock() >= held.next_reading:
                await self._read_anew(held)

    async def _look(self, held: _Held) -> None:
        """For points that were stored since."""
        clock = asyncio.get_running_loop().time
        start = clock()
        since = Range(held.index.newest - OVERLAP_SECONDS, None)
        await self._read(held.name, held.index, Filter(ranges={Fields.stored_at.name: since}))
        held.looked_at = clock()
        held.next_look = held.looked_at + REST * (held.looked_at - start)

    async def _read_anew(self, held: _Held) -> None:
        """Points went, or came without saying when: next to this search, unless that is quick."""
        if held.reading is not None and not held.reading.done():
            return
        held.reading = asyncio.create_task(self._read_all(held, Index()), name="words")
        held.reading.add_done_callback(_tell)
        await asyncio.wait({held.reading}, timeout=QUICK_SECONDS)

    async def _read_all(self, held: _Held, index: Index) -> None:
        clock = asyncio.get_running_loop().time
        start = clock()
        await self._read(held.name, index, None)
        held.index, held.whole, held.looked_at = index, True, clock()
        took = held.looked_at - start
        held.next_reading = held.looked_at + (LONG_REST * took if took > QUICK_SECONDS else 0.0)

    async def _read(self, name: str, index: Index, where: Filter | None) -> None:
        after: str | None = None
        while True:
            records, after = await self._store.scroll(
                name, limit=PAGE, after=after, where=where, payload=FIELDS
            )
            await asyncio.to_thread(index.add, records)
            if after is None:
                return

    async def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None and held.reading is not None:
            held.reading.cancel()
            await asyncio.gather(held.reading, return_exceptions=True)


def _tell(reading: asyncio.Task[None]) -> None:
    if not reading.cancelled() and (error := reading.exception()) is not None:
        log.info("the words of a collection are not read again: %s", error)
