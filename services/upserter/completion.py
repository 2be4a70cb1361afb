"""Indexes, searched fields and stacks for collections that lack them, of any maker, while they serve."""

import asyncio
import logging

from libs.common.duplicates.settling import orphaned, settle
from libs.common.errors import SluiceError
from libs.common.points.derived import additions
from libs.common.points.fields import Fields
from libs.common.store.protocol import Filter, Store

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""How often new collections are looked for."""
AGAIN_SECONDS = 300.0
"""How often one that was complete is looked at again: other programs may have stored points."""
PAGE = 200

_SEARCHED = Fields.search_text.name
_STACK = Fields.stack.name


class Completion:
    """Adds what a search needs: every upserter may, as doing it twice does it once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._due: dict[str, float] = {}

    async def run(self) -> None:
        """Look at all collections, new ones soon, until cancelled; an error is tried again."""
        while True:
            try:
                await self._look()
            except SluiceError as error:
                log.info("collections are not completed: %s", error.detail)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        names = await self._store.collections()
        self._due = {name: self._due.get(name, 0.0) for name in names}
        for name in names:
            if clock() >= self._due[name]:
                await complete(self._store, name)
                self._due[name] = clock() + AGAIN_SECONDS


async def complete(store: Store, name: str) -> int:
    """Add the indexes that the collection lacks, and what its points are searched by; how many lacked it."""
    if added := await store.ensure_indexes(name):
        log.info("collection %s has %d more indexes: %s", name, len(added), ", ".join(added))
    completed = await _fill(store, name, _SEARCHED, Filter(missing=(_SEARCHED,)))
    if completed:
        log.info("%d points of collection %s can be searched by words now", completed, name)
    # Points without a path are in no stack.
    unstacked = Filter(missing=(_STACK,), has=(Fields.full_path.name,))
    completed += await _fill(store, name, _STACK, unstacked)
    if shown := await settle(store, name, await orphaned(store, name)):
        log.info("%d points of collection %s are found again: what stood for them is gone", shown, name)
    return completed


async def _fill(store: Store, name: str, field: str, lacking: Filter) -> int:
    """Give the points that lack the field what follows from their other fields; how many lacked it."""
    completed, after = 0, None
    while True:
        page, after = await store.scroll(name, limit=PAGE, after=after, where=lacking)
        found = {record.id: additions(record.payload) for record in page}
        await store.complete(name, field, found)
        await settle(store, name, {Fields(each).stack or "" for each in found.values()} - {""})
        completed += len(found)
        if after is None:
            return completed
