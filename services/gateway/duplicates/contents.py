"""Points by their ids and by their contents, read with what a choice among them needs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from libs.common.points.fields import Fields
from libs.common.points.projections import MOVE
from libs.common.store.protocol import Filter, Record, Scalar, Store

_PER_CALL = 256
_PAGE = 1000

T = TypeVar("T")


def chunks(items: Iterable[T], size: int = _PER_CALL) -> Iterator[list[T]]:
    """The items, `size` at a time."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


async def by_ids(store: Store, collection: str, ids: Iterable[str]) -> list[Record]:
    """Those of the points that exist, each once, in the order of `ids`."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Record] = {}
    for chunk in chunks(wanted):
        found |= {record.id: record for record in await store.retrieve(collection, chunk, payload=MOVE)}
    return [found[each] for each in wanted if each in found]


async def copies(store: Store, collection: str, records: Iterable[Record]) -> list[Record]:
    """All points of the contents of `records`, themselves included."""
    hashes = dict.fromkeys(Fields(record.payload).file_hash or "" for record in records)
    return await where(store, collection, Fields.file_hash.name, [each for each in hashes if each])


async def where(
    store: Store, collection: str, field: str, values: Sequence[Scalar], *, payload: Sequence[str] = MOVE
) -> list[Record]:
    """The points whose field has one of the values."""
    found: list[Record] = []
    for chunk in chunks(values):
        matching, after, more = Filter(any_of={field: chunk}), None, True
        while more:
            page, after = await store.scroll(
                collection, limit=_PAGE, after=after, where=matching, payload=payload
            )
            found += page
            more = after is not None
            await asyncio.sleep(0)
    return found


def by_content(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The points by their content's hash; those without one are left out."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if hash_ := Fields(record.payload).file_hash:
            groups[hash_].append(record)
    return groups
