"""Having a collection follow what was moved: now, or as soon as the store is there again."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from libs.common.duplicates.settling import settle
from libs.common.errors import Code, SluiceError
from libs.common.ids import display_name
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.points.stack import stack_of
from libs.common.store.protocol import Store
from services.gateway.archive import points
from services.gateway.archive.history import ArchiveHistory
from services.gateway.archive.journal import Indexed
from services.gateway.archive.moves.executor import MoveExecutor
from services.gateway.duplicates.contents import chunks

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class Index:
    """What archives have yet to be followed. A point goes only after its file went."""

    def __init__(self, store: Store, control: ControlTable, executor: MoveExecutor) -> None:
        self._store = store
        self._control = control
        self._executor = executor
        self._unsettled: set[str] = set()

    @asynccontextmanager
    async def owned(self, archive_id: str) -> AsyncIterator[None]:
        """The right to add to the archive; SluiceError archive_busy if another has it."""
        with ExitStack() as held:
            folder = self._executor.root / archive_id
            await asyncio.to_thread(held.enter_context, self._executor.locks.owned(folder))
            yield

    async def recover(self) -> None:
        """Finish or undo what a crash cut short, in the file system; the points come in `follow`."""
        try:
            self._unsettled |= set(await asyncio.to_thread(self._unfinished))
        except OSError as error:
            log.warning("ARCHIVE_DIR cannot be read: %s", error)
        for archive_id in sorted(self._unsettled):
            try:
                async with self.owned(archive_id):
                    await asyncio.to_thread(self._executor.recover, archive_id)
            except (OSError, SluiceError) as error:
                log.warning("archive %s is not recovered yet: %s", archive_id, error)

    async def follow(self) -> None:
        """Settle what is left, again and again, until cancelled."""
        while True:
            for archive_id in sorted(self._unsettled):
                try:
                    async with self.owned(archive_id):
                        await self.try_to_settle(archive_id)
                except SluiceError as error:
                    log.debug("archive %s waits: %s", archive_id, error.detail)
            await asyncio.sleep(RETRY_SECONDS)

    async def try_to_settle(self, archive_id: str) -> None:
        """Have the points agree with the files, or leave it to `follow`. The caller owns the archive."""
        self._unsettled.add(archive_id)
        try:
            history = await asyncio.to_thread(self._executor.recover, archive_id)
            if history is not None:
                await self._settle(history)
        except (OSError, SluiceError) as error:
            log.warning("the index does not follow archive %s yet: %s", archive_id, error)
            return
        self._unsettled.discard(archive_id)

    async def _settle(self, history: ArchiveHistory) -> None:
        journal = self._executor.journal(history.archive_id)
        gone = [each for each, action in history.stale.items() if action == "delete"]
        back = {each for each, action in history.stale.items() if action == "put_back"}
        if await self._is_there(history):
            for chunk in chunks(gone):
                await self._store.delete_points(history.collection, chunk)
            if back:
                await points.put_back(self._store, history.collection, back, journal.folder)
            await settle(self._store, history.collection, _stacks(history))
        await asyncio.to_thread(journal.write, Indexed(lines=history.lines))

    async def _is_there(self, history: ArchiveHistory) -> bool:
        """Whether the collection still is the one that the points are of."""
        state = self._control.collection(history.collection)
        if state is not None and history.generation not in (None, state.generation):
            return False
        try:
            await self._store.info(history.collection)
        except SluiceError as error:
            if error.code is Code.COLLECTION_NOT_FOUND:
                return False
            raise
        return True

    def _unfinished(self) -> list[str]:
        executor = self._executor
        return [each for each in executor.archive_ids() if not executor.journal(each).is_settled()]


def _stacks(history: ArchiveHistory) -> set[str]:
    """The stacks of the photos that the collection is about to follow."""
    return {
        stack_of(display_name(os.fsencode(recorded.move.files[0].source)))
        for recorded in history.moves.values()
        if recorded.move.point_id in history.stale
    }
