"""The libraries that this scanner follows: those whose partition of ingest it owns."""

import asyncio
import logging
from collections.abc import Callable, Set

from libs.common.events import Library
from libs.common.kafka.tables.table import Table
from libs.common.topics import key_partition
from services.scanner.libraries.following import Following

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Followers:
    """Starts and stops following, as libraries and partitions come and go: one scanner follows each."""

    def __init__(
        self, table: Table[Library], partitions: int, following: Callable[[Library], Following]
    ) -> None:
        """`partitions` are those of ingest; `following` makes what follows a library."""
        self._table = table
        self._partitions = partitions
        self._make = following
        self._owned: frozenset[int] = frozenset()
        self._running: dict[str, tuple[Library, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Follow until cancelled; raises what a follower cannot go on from."""
        try:
            while True:
                await self._settle()
                await self._table.changed(LOOK_SECONDS)
        finally:
            await self.leave(self._owned)

    def own(self, partitions: Set[int]) -> None:
        """These are ours; their libraries are followed soon."""
        self._owned = frozenset(partitions)

    async def leave(self, partitions: Set[int]) -> None:
        """When this returns, no library of these partitions is followed here."""
        self._owned -= partitions
        await self._stop([id_ for id_ in self._running if self._partition(id_) in partitions])

    async def _settle(self) -> None:
        wanted = {id_: each for id_, each in self._table.rows.items() if self._partition(id_) in self._owned}
        await self._stop([id_ for id_, (known, _) in self._running.items() if wanted.get(id_) != known])
        for id_, library in wanted.items():
            # Partitions may have gone while others were stopped.
            if id_ not in self._running and self._partition(id_) in self._owned:
                task = asyncio.create_task(self._make(library).run(), name=f"library {library.name}")
                self._running[id_] = library, task
        for _, task in self._running.values():
            if task.done():
                task.result()

    async def _stop(self, ids: list[str]) -> None:
        tasks = [self._running.pop(id_)[1] for id_ in ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _partition(self, library_id: str) -> int:
        return key_partition(library_id, self._partitions)
