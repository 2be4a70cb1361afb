"""Which pictures of a large collection are connected, as the store's own index finds their neighbours."""

import random
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np

from libs.common.store.protocol import Store
from libs.common.tasks import too_large
from services.upserter.tasks.comparing import ROUNDING, Components, Numbers
from services.upserter.tasks.run import Run
from services.upserter.tasks.vectors import Vectors, read_some

NEIGHBOURS = 64
"""Asked for of each point: of more that are alike, a chain of some still connects all."""
BATCH = 64
"""Points whose neighbours are asked for at once."""
SAMPLE = 256
"""Points whose neighbours are also found without the index, which tells its recall."""
NEAREST = 10
"""Of each of these."""
SHARE = 70.0
"""Percent of the progress at which all neighbours are known."""
PAGE = 5000


async def by_index(
    store: Store, folder: Path, run: Run, threshold: float, total: int
) -> tuple[Vectors, list[Numbers], dict[str, int]]:
    """The points that are like another, the groups that they are connected to, and how many points there are.

    `recall_permille` of the counts: of the ten nearest of some points, how many the index found. Raises
    SluiceError too_large from a store without an index.
    """
    if not store.has_index:
        raise too_large(run.task.collection, total)
    ids = [id_ async for id_ in _ids(store, run)]
    recall = await _recall(store, run, ids)
    groups = await _groups(store, run, ids, threshold)
    members = [ids[row] for group in groups for row in group]
    vectors = await read_some(store, folder, run, members)
    counts = {"points": len(ids), "recall_permille": round(1000 * recall)}
    return vectors, _numbered(vectors, ids, groups), counts


async def _ids(store: Store, run: Run) -> AsyncIterator[str]:
    after: str | None = None
    while True:
        ask = partial(store.scroll, run.task.collection, limit=PAGE, after=after, payload="none")
        page, after = await run.ask(ask)
        for record in page:
            yield record.id
        await run.progress(0.0)
        if after is None:
            return


async def _groups(store: Store, run: Run, ids: list[str], threshold: float) -> list[Numbers]:
    rows, components = {id_: row for row, id_ in enumerate(ids)}, Components(len(ids))
    for start in range(0, len(ids), BATCH):
        requested = ids[start : start + BATCH]
        found = await run.ask(partial(store.neighbours, run.task.collection, requested, limit=NEIGHBOURS))
        near = [
            (rows[id_], rows[hit.id])
            for id_, hits in found.items()
            for hit in hits
            if hit.score >= threshold - ROUNDING and hit.id in rows
        ]
        if near:
            first, second = np.array(near, dtype=np.intp).T
            components.connect(first, second)
        await run.progress(SHARE * min(1.0, (start + BATCH) / len(ids)))
    return components.groups()


async def _recall(store: Store, run: Run, ids: list[str]) -> float:
    """Of the nearest of some points, the share that the index finds; the same points each time."""
    sample = random.Random(0).sample(ids, min(SAMPLE, len(ids)))  # noqa: S311
    wanted, found = 0, 0
    for start in range(0, len(sample), BATCH):
        ask = partial(store.neighbours, run.task.collection, sample[start : start + BATCH], limit=NEAREST)
        exact, indexed = await run.ask(partial(ask, exact=True)), await run.ask(ask)
        for id_, hits in exact.items():
            wanted += len(hits)
            # By their scores: of several that are equally near, either may be named.
            least = hits[-1].score - ROUNDING if hits else 0.0
            found += sum(hit.score >= least for hit in indexed.get(id_, [])[: len(hits)])
        await run.progress(0.0)
    return found / wanted if wanted else 1.0


def _numbered(vectors: Vectors, ids: list[str], groups: list[Numbers]) -> list[Numbers]:
    """The groups by the places of their members in `vectors`; what is gone meanwhile is left out."""
    places = {id_: place for place, id_ in enumerate(vectors.ids)}
    found = [
        np.array([places[ids[row]] for row in group if ids[row] in places], dtype=np.intp) for group in groups
    ]
    return [group for group in found if len(group) > 1]
