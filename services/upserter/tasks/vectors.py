"""Reading all vectors of a collection."""

import asyncio
from dataclasses import dataclass
from functools import partial

import numpy as np

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Record, Store
from libs.common.store.vectors import Matrix
from services.upserter.tasks.comparing import unit
from services.upserter.tasks.run import Run

PAGE = 500
MOST_POINTS = 250_000
"""Half a gigabyte of vectors of 512, and as much again for a moment; the time grows with the square."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Points in the order of their ids, and their vectors at length 1, one row each."""

    ids: list[str]
    units: Matrix


async def read_vectors(store: Store, run: Run, share: float) -> Vectors:
    """All points of the task's collection; tells progress up to `share` percent.

    Raises SluiceError too_large for a collection that would not fit into memory.
    """
    name = run.task.collection
    total = await run.ask(partial(store.count, name))
    if total > MOST_POINTS:
        raise SluiceError(
            Code.TOO_LARGE,
            f"the collection '{name}' has {total} points and every pair of at most {MOST_POINTS} can be "
            "compared: select some of them into a collection of their own",
        )
    ids: list[str] = []
    parts: list[Matrix] = []
    after: str | None = None
    while True:
        page, after = await run.ask(
            partial(store.scroll, name, limit=PAGE, after=after, payload="none", vectors=True)
        )
        if page:
            ids += [record.id for record in page]
            parts.append(await asyncio.to_thread(_rows, page))
            await run.progress(share * min(1.0, len(ids) / max(total, 1)))
        if after is None:
            break
    return Vectors(ids, np.concatenate(parts) if parts else np.zeros((0, 1), np.float32))


def _rows(page: list[Record]) -> Matrix:
    return unit(np.asarray([record.vector for record in page], dtype=np.float32))
