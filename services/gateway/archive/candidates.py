"""The points behind what a client asks to archive, and all other points of their contents."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from libs.common.errors import Code, FileError
from libs.common.ids import file_id
from libs.common.points.fields import Fields
from libs.common.points.projections import MOVE
from libs.common.store.protocol import Filter, Record, Scalar, Store
from services.gateway.archive.moves.executor import Skipped

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


async def by_paths(store: Store, collection: str, paths: Sequence[str]) -> tuple[list[Record], list[Skipped]]:
    """The points of these files, and the paths that have none."""
    wanted = {path: file_id(collection, os.fsencode(path)) for path in dict.fromkeys(paths)}
    by_id = {record.id: record for record in await by_ids(store, collection, wanted.values())}
    found = {path: by_id[point] for path, point in wanted.items() if point in by_id}
    # Points of before, and names that are shown otherwise than they are, have other ids.
    missing = [path for path in wanted if path not in found]
    others = await _where(store, collection, Fields.full_path.name, missing)
    found |= {str(Fields(record.payload).full_path): record for record in others}
    return [found[path] for path in wanted if path in found], [
        Skipped(Path(path), FileError(Code.NOT_INDEXED, f"collection {collection} has no point of it"))
        for path in missing
        if path not in found
    ]


async def copies(store: Store, collection: str, records: Iterable[Record]) -> list[Record]:
    """All points of the contents of `records`, themselves included."""
    hashes = dict.fromkeys(Fields(record.payload).file_hash or "" for record in records)
    return await _where(store, collection, Fields.file_hash.name, [each for each in hashes if each])


async def _where(store: Store, collection: str, field: str, values: Sequence[Scalar]) -> list[Record]:
    found: list[Record] = []
    for chunk in chunks(values):
        where, after, more = Filter(any_of={field: chunk}), None, True
        while more:
            page, after = await store.scroll(collection, limit=_PAGE, after=after, where=where, payload=MOVE)
            found += page
            more = after is not None
            await asyncio.sleep(0)
    return found
