"""The task that finds pictures which show the same."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from msgspec import json

from libs.common.duplicates.keeper import Traits, best, traits_of
from libs.common.events import MAX_MEMBERS, Member, SimilarGroup
from libs.common.points.fields import Fields
from libs.common.store.protocol import Store
from libs.common.tasks import FindSimilar, params_of
from libs.common.topics import MAX_MESSAGE_BYTES
from services.upserter.tasks.comparing import Components, Numbers, blocks, cliques, pairs_of, similarity
from services.upserter.tasks.rows import subset
from services.upserter.tasks.run import Run
from services.upserter.tasks.vectors import Vectors, read_vectors

READ_SHARE, COMPARED_SHARE = 30.0, 70.0
"""Percent of the progress at which all is read, and all is compared."""
PAYLOADS = 200
PAGE_BYTES = MAX_MESSAGE_BYTES - 16 * 1024
"""Groups in one event, in JSON; the rest is for the event's own fields."""

Shown = dict[str, tuple[Traits, str | None]]
"""What decides about each point, and the file's name."""


async def find_similar(store: Store, folder: Path, run: Run) -> dict[str, int]:
    """Compare all pictures of the task's collection and hand out the groups, the largest first.

    The same collection gives the same groups, whoever runs it and however often. The vectors lie in a file in
    `folder`, and memory stays under 300 MB for MOST_POINTS.
    """
    params = params_of(run.task, FindSimilar)
    await run.check(run.task.collection, run.task.generation)
    vectors = await read_vectors(store, folder, run, READ_SHARE)
    groups = await _compare(vectors, folder, run, params)
    await _hand_out(store, vectors, groups, run)
    return {
        "points": len(vectors.ids),
        "groups": len(groups),
        "similar_points": sum(map(len, groups)),
    }


async def _compare(vectors: Vectors, folder: Path, run: Run, params: FindSimilar) -> list[Numbers]:
    components, rows = Components(len(vectors.ids)), len(vectors.ids)
    for block in blocks(rows):
        await asyncio.to_thread(_connect, components, vectors, block, params.threshold)
        # Later blocks have fewer to be compared with.
        part = 1 - (1 - block.stop / rows) ** 2
        await run.progress(READ_SHARE + (COMPARED_SHARE - READ_SHARE) * part)
    groups = components.groups()
    if params.mode == "strict":
        split = partial(_split, vectors, folder, params.threshold)
        parts = [await run.ask(partial(asyncio.to_thread, split, group)) for group in groups]
        groups = [group for found in parts for group in found]
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def _connect(components: Components, vectors: Vectors, block: range, threshold: float) -> None:
    for first, second in pairs_of(vectors.units, block, threshold):
        components.connect(first, second)


def _split(vectors: Vectors, folder: Path, threshold: float, group: Numbers) -> list[Numbers]:
    found = cliques(subset(vectors.units, group, folder), threshold)
    return [group[part] for part in found]


async def _hand_out(store: Store, vectors: Vectors, groups: list[Numbers], run: Run) -> None:
    """Publish the groups in events that fit; points that were deleted meanwhile are left out."""
    place, page, size = 0, list[SimilarGroup](), 0
    for number, batch in _batches(groups):
        shown = await _payloads(store, [vectors.ids[row] for group in batch for row in group], run)
        percent = COMPARED_SHARE + (100 - COMPARED_SHARE) * number / len(groups)
        for group in (part for rows in batch for part in _group(vectors, rows, shown)):
            length = len(json.encode(group)) + 1
            if size + length > PAGE_BYTES:
                await run.groups(percent, place, tuple(page))
                place, page, size = place + len(page), [], 0
            page.append(group)
            size += length
        await run.progress(percent)
    if page:
        await run.groups(100.0, place, tuple(page))


def _batches(groups: list[Numbers]) -> Iterator[tuple[int, list[Numbers]]]:
    """Groups of PAYLOADS points or a few more, and how many groups there were up to their end."""
    batch, points = list[Numbers](), 0
    for number, group in enumerate(groups, 1):
        batch.append(group)
        points += len(group)
        if points >= PAYLOADS or number == len(groups):
            yield number, batch
            batch, points = [], 0


async def _payloads(store: Store, ids: Sequence[str], run: Run) -> Shown:
    """A page at a time: with its thumbnail a payload takes some 20 KB."""
    found: Shown = {}
    for start in range(0, len(ids), PAYLOADS):
        records = await run.ask(partial(store.retrieve, run.task.collection, ids[start : start + PAYLOADS]))
        found |= {each.id: (traits_of(each), Fields(each.payload).filename) for each in records}
    return found


def _group(vectors: Vectors, rows: Numbers, shown: Shown) -> list[SimilarGroup]:
    """The group in parts that fit; empty where fewer than two of its points are left."""
    left = np.array([row for row in rows if vectors.ids[row] in shown], dtype=np.intp)
    if len(left) < 2:
        return []
    ids = [vectors.ids[row] for row in left]
    kept, reason = best(shown[point][0] for point in ids)
    keeper = int(left[ids.index(kept)])
    scores = np.clip(similarity(vectors.units, left, keeper), -1.0, 1.0).tolist()
    members = sorted(
        (
            Member(id=point, score=1.0 if point == kept else score, filename=shown[point][1])
            for point, score in zip(ids, scores, strict=True)
        ),
        key=lambda member: (member.id != kept, -member.score, member.id),
    )
    return [
        SimilarGroup(
            group_id=ids[0], keeper_id=kept, reason=reason, points=tuple(members[start : start + MAX_MEMBERS])
        )
        for start in range(0, len(members), MAX_MEMBERS)
    ]
