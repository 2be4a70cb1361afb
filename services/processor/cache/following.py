"""Following ml-results into the cache, on a thread of its own: SQLite would block the event loop."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.tail import SAME_PARTITIONS_MS, Tail
from libs.common.topics import ML_RESULTS
from services.processor.cache.cache import Cache
from services.processor.cache.filler import Filler

_RECORDS_AT_ONCE = 256


class Following:
    """The open cache, and the filler that writes to it."""

    def __init__(self, thread: ThreadPoolExecutor, filler: Filler) -> None:
        self._thread = thread
        self._filler = filler

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path, size_bytes: int, source: str) -> AsyncIterator["Following"]:
        """Open the cache, or rebuild it; closed at the end. `source` is the topic's name on the broker."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="cache") as thread:
            cache = await loop.run_in_executor(thread, Cache, directory, size_bytes)
            try:
                yield cls(thread, Filler(cache, source))
            finally:
                await loop.run_in_executor(thread, cache.close)

    async def run(self, connection: Connection) -> None:
        """Fill the cache from where it ended, indefinitely."""
        loop = asyncio.get_running_loop()
        known = await loop.run_in_executor(self._thread, self._filler.offsets)
        async with Tail.open(connection, ML_RESULTS, fetch_max_wait_ms=SAME_PARTITIONS_MS) as tail:
            tail.follow({partition: known.get(partition, 0) for partition in await tail.partitions()})
            while True:
                records = await tail.read(1.0, _RECORDS_AT_ONCE)
                if records:
                    await loop.run_in_executor(self._thread, self._filler.fill, records)
