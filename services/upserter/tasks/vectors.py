"""Reading all vectors of a collection."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Record, Store
from libs.common.store.vectors import Matrix
from services.upserter.tasks.comparing import unit
from services.upserter.tasks.rows import RowFile
from services.upserter.tasks.run import Run

PAGE = 500
MOST_POINTS = 250_000
"""Half a gigabyte of vectors of 512, on disk; the time grows with the square."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Points in the order of their ids, and their vectors at length 1, one row each, on disk."""

    ids: list[str]
    units: Matrix


async def read_vectors(store: Store, folder: Path, run: Run, share: float) -> Vectors:
    """All points of the task's collection, on the disk of `folder`; tells progress up to `share` percent.

    Raises SluiceError too_large for a collection of more than MOST_POINTS.
    """
    name = run.task.collection
    total = await run.ask(partial(store.count, name))
    if total > MOST_POINTS:
        raise SluiceError(
            Code.TOO_LARGE,
            f"the collection '{name}' has {total} points and every pair of at most {MOST_POINTS} can be "
            "compared: select some of them into a collection of their own",
        )
    with RowFile(folder) as rows:
        ids = await _read(store, rows, run, total, share)
        return Vectors(ids, rows.mapped())


async def _read(store: Store, rows: RowFile, run: Run, total: int, share: float) -> list[str]:
    """The ids of all points, whose vectors are now in `rows`."""
    ids: list[str] = []
    after: str | None = None
    while True:
        page, after = await run.ask(
            partial(store.scroll, run.task.collection, limit=PAGE, after=after, payload="none", vectors=True)
        )
        if page:
            ids += [record.id for record in page]
            await run.ask(partial(asyncio.to_thread, _append, rows, page))
            await run.progress(share * min(1.0, len(ids) / max(total, 1)))
        if after is None:
            return ids


def _append(rows: RowFile, page: list[Record]) -> None:
    rows.append(unit(np.asarray([record.vector for record in page], dtype=np.float32)))
