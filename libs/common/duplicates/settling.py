"""Which file stands for its stack, as the points of a collection say it."""

from collections.abc import AsyncIterator, Collection, Iterable
from itertools import islice

from libs.common.duplicates.stacks import covers
from libs.common.points.fields import Fields, names
from libs.common.store.protocol import Filter, Payload, Record, Store

AT_ONCE = 256
_PAGE = 1000
_STATE = names(Fields.stack, Fields.stack_cover)


async def settle(store: Store, collection: str, stacks: Collection[str]) -> int:
    """Have the points of these stacks say whether they stand for theirs; how many did not say so.

    Call it after writing, moving or removing points: the call that comes last sees all of them. Doing it
    twice, or in two places at once, ends the same.
    """
    changed = 0
    wanted = iter(dict.fromkeys(stacks))
    while some := list(islice(wanted, AT_ONCE)):
        where = Filter(any_of={Fields.stack.name: some})
        states = [state async for state in _scrolled(store, collection, where)]
        changed += await _settle(store, collection, _unclear(states))
    return changed


async def orphaned(store: Store, collection: str) -> set[str]:
    """The stacks of points that are hidden behind another, of which no point stands for them any more."""
    hidden, shown = set[str](), set[str]()
    for value, found in ((False, hidden), (True, shown)):
        where = Filter(any_of={Fields.stack_cover.name: [value]})
        async for record in _scrolled(store, collection, where):
            found.add(Fields(record.payload).stack or "")
    return hidden - shown


def _unclear(states: Iterable[Record]) -> list[str]:
    """The ids of those that share their stack with another, or say that they do."""
    by_stack: dict[str, list[Record]] = {}
    for each in states:
        by_stack.setdefault(Fields(each.payload).stack or "", []).append(each)
    return [
        each.id
        for group in by_stack.values()
        for each in group
        if len(group) > 1 or Fields(each.payload).stack_cover is not None
    ]


async def _settle(store: Store, collection: str, ids: list[str]) -> int:
    records = [record async for record in _whole(store, collection, ids)]
    wanted = covers(records)
    changed: dict[str, Payload] = {
        record.id: {Fields.stack_cover.name: wanted.get(record.id)}
        for record in records
        if Fields(record.payload).stack_cover is not wanted.get(record.id)
    }
    await store.set_payload(collection, changed)
    return len(changed)


async def _scrolled(store: Store, collection: str, where: Filter) -> AsyncIterator[Record]:
    after: str | None = None
    while True:
        page, after = await store.scroll(collection, limit=_PAGE, after=after, where=where, payload=_STATE)
        for record in page:
            yield record
        if after is None:
            return


async def _whole(store: Store, collection: str, ids: list[str]) -> AsyncIterator[Record]:
    """The points without their thumbnails, which are large."""
    for start in range(0, len(ids), AT_ONCE):
        for record in await store.retrieve(collection, ids[start : start + AT_ONCE]):
            record.payload.pop(Fields.thumbnail_base64.name, None)
            yield record
