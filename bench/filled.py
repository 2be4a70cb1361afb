"""Collections that the embedded store has before a system starts on it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from libs.common.ids import file_id
from libs.common.points.derived import additions
from libs.common.store.edge import EdgeStore
from libs.common.store.protocol import Payload, Point

BATCH = 256
"""Points written at once, as the upserter writes them."""

Rows = Callable[[range], NDArray[np.float64]]
Payloads = Callable[[int], Payload]


def point_id(collection: str, number: int) -> str:
    """The id of a collection's point."""
    return file_id(collection, f"/photos/{number}.jpg".encode())


def random_rows(size: int) -> Rows:
    """Vectors without meaning, the same for the same numbers."""
    return lambda part: np.random.default_rng(part.start).normal(size=(len(part), size))


def complete(payload: Payload) -> Payload:
    """As the upserter stores it: points of before would be completed while something is measured."""
    return payload | additions(payload)


async def fill(store: EdgeStore, name: str, count: int, rows: Rows, payload: Payloads) -> None:
    """Make the collection and give it points number 0 to `count` - 1."""
    await store.create(name, rows(range(1)).shape[1], "Cosine")
    await add(store, name, range(count), rows, payload)


async def add(store: EdgeStore, name: str, numbers: range, rows: Rows, payload: Payloads) -> None:
    """Give the collection the points of these numbers."""
    for start in numbers[::BATCH]:
        part = range(start, min(start + BATCH, numbers.stop))
        await store.upsert(name, points(name, part, rows, payload))


def points(name: str, numbers: range, rows: Rows, payload: Payloads) -> list[Point]:
    """The points of these numbers, as the collection is given them."""
    return [
        Point(point_id(name, n), vector.tolist(), payload(n))
        for n, vector in zip(numbers, rows(numbers), strict=True)
    ]


async def filled(folder: Path, name: str, count: int, rows: Rows, payload: Payloads) -> None:
    """Likewise, in a store in `folder` that is closed again."""
    store = EdgeStore(folder)
    try:
        await fill(store, name, count, rows, payload)
    finally:
        await store.close()
