"""Reading all vectors of a collection."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from libs.common.store.protocol import Record, Store
from libs.common.store.vectors import Matrix
from services.upserter.tasks.comparing import unit
from services.upserter.tasks.rows import RowFile
from services.upserter.tasks.run import Run

PAGE = 500


@dataclass(frozen=True, slots=True)
class Vectors:
    """Points in the order of their ids, and their vectors at length 1, one row each, on disk."""

    ids: list[str]
    units: Matrix


async def read_vectors(store: Store, folder: Path, run: Run, share: float) -> Vectors:
    """All points of the task's collection, on the disk of `folder`; tells progress up to `share` percent."""
    total = await run.ask(partial(store.count, run.task.collection))
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


async def read_some(store: Store, folder: Path, run: Run, ids: Sequence[str]) -> Vectors:
    """These points, as far as they are still there."""
    there: list[str] = []
    with RowFile(folder) as rows:
        for start in range(0, len(ids), PAGE):
            ask = partial(
                store.retrieve, run.task.collection, ids[start : start + PAGE], payload="none", vectors=True
            )
            if page := await run.ask(ask):
                there += [record.id for record in page]
                await asyncio.to_thread(_append, rows, page)
        return Vectors(there, rows.mapped())


def _append(rows: RowFile, page: list[Record]) -> None:
    rows.append(unit(np.asarray([record.vector for record in page], dtype=np.float32)))
