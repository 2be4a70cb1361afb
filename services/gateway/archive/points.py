"""The points of what is archived, kept next to the journal with their vectors, and put back from there."""

import asyncio
import base64
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from libs.common.store.protocol import Payload, Point, Store
from services.gateway.archive.moves.disk import Disk
from services.gateway.duplicates.contents import chunks

NAME = "points.jsonl"
IDS_NAME = "collection-ids.txt"

_PER_CALL = 64
_IDS_PER_CALL = 5000


class Saved(Struct, frozen=True):
    """A point. `vector` is little-endian float32 in base64."""

    id: str
    payload: Payload
    vector: str


async def save(store: Store, collection: str, ids: Sequence[str], folder: Path, disk: Disk) -> None:
    """Write the points into the archive's folder; OSError where there is no room."""
    for chunk in chunks(ids, _PER_CALL):
        records = await store.retrieve(collection, chunk, vectors=True)
        saved = [Saved(each.id, each.payload, _encoded(each.vector or [])) for each in records]
        lines = b"".join(msgspec.json.encode(each) + b"\n" for each in saved)
        await asyncio.to_thread(disk.append, folder / NAME, lines)


async def save_ids(store: Store, collection: str, folder: Path, disk: Disk) -> None:
    """Write the ids of all points of the collection into the archive's folder; OSError as `save`."""
    after: str | None = None
    while True:
        page, after = await store.scroll(collection, limit=_IDS_PER_CALL, after=after, payload="none")
        lines = "".join(f"{record.id}\n" for record in page).encode()
        await asyncio.to_thread(disk.append, folder / IDS_NAME, lines)
        if after is None:
            return


async def put_back(store: Store, collection: str, ids: Set[str], folder: Path) -> None:
    """Write the saved points of these ids, but for those that are there: they are newer."""
    saved = await asyncio.to_thread(lambda: list(_read(folder / NAME, ids)))
    for chunk in chunks(saved, _PER_CALL):
        there = await store.retrieve(collection, [each.id for each in chunk], payload="none")
        known = {record.id for record in there}
        points = [Point(each.id, _decoded(each.vector), each.payload) for each in chunk]
        await store.upsert(collection, [point for point in points if point.id not in known])


def _read(path: Path, ids: Set[str]) -> Iterator[Saved]:
    decoder = msgspec.json.Decoder(Saved)
    with path.open("rb") as file:
        for line in file:
            found = decoder.decode(line)
            if found.id in ids:
                yield found


def _encoded(vector: Sequence[float]) -> str:
    return base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode()


def _decoded(vector: str) -> list[float]:
    found: list[float] = np.frombuffer(base64.b64decode(vector), dtype="<f4").tolist()
    return found
