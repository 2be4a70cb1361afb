"""The task that finds pictures which show the same."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from msgspec import json

from libs.common.duplicates.keeper import best, order
from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected
from libs.common.events import MAX_MEMBERS, Member, SimilarGroup
from libs.common.store.protocol import Store
from libs.common.tasks import MOST_COMPARED, FindSimilar, params_of
from libs.common.topics import MAX_MESSAGE_BYTES
from services.upserter.tasks.by_index import by_index
from services.upserter.tasks.comparing import (
    Components,
    Numbers,
    around,
    blocks,
    cliques,
    pairs_of,
    similarity,
    spans,
)
from services.upserter.tasks.members import PAYLOADS, Seen, read_members
from services.upserter.tasks.rows import release, subset
from services.upserter.tasks.run import Run
from services.upserter.tasks.vectors import Vectors, read_vectors
from sluice.files.passed_over import PassedOver

READ_SHARE, COMPARED_SHARE = 30.0, 70.0
"""Percent of the progress at which all is read, and all is compared."""
PAGE_BYTES = MAX_MESSAGE_BYTES - 16 * 1024
"""Groups in one event, in JSON; the rest is for the event's own fields."""


async def find_similar(store: Store, folder: Path, run: Run) -> dict[str, int]:
    """Compare all pictures of the task's collection and hand out the groups, the largest first.

    Up to MOST_COMPARED points every pair is compared, and the same collection gives the same groups, in
    any process and however often. The vectors lie in a file in `folder`, and memory stays flat. Above that
    the store's index is asked for the neighbours of each point, and the totals tell its recall.
    """
    params = params_of(run.task, FindSimilar)
    await run.check(run.task.collection, run.task.generation)
    total = await run.ask(partial(store.count, run.task.collection))
    if total <= MOST_COMPARED:
        vectors = await read_vectors(store, folder, run, READ_SHARE)
        groups, how = await _compare(vectors, run, params), {"points": len(vectors.ids)}
    else:
        vectors, groups, how = await by_index(store, folder, run, params.threshold, total)
    groups = await _sorted(vectors, folder, run, params, groups)
    found = await _hand_out(store, vectors, folder, groups, run, params)
    return how | found


async def _compare(vectors: Vectors, run: Run, params: FindSimilar) -> list[Numbers]:
    """Which pictures are connected, of every pair."""
    components, rows = Components(len(vectors.ids)), len(vectors.ids)
    for block in blocks(rows):
        # Later blocks have fewer to be compared with.
        for span in spans(rows, block):
            await asyncio.to_thread(_connect, components, vectors, block, span, params.threshold)
            done = block.start * (2 * rows - block.start) + 2 * len(block) * (span.stop - block.start)
            part = min(1.0, done / max(1, rows * rows))
            await run.progress(READ_SHARE + (COMPARED_SHARE - READ_SHARE) * part)
    return components.groups()


async def _sorted(
    vectors: Vectors, folder: Path, run: Run, params: FindSimilar, groups: list[Numbers]
) -> list[Numbers]:
    """The groups, split where each pair must be alike, the largest first."""
    if params.mode == "strict":
        split = partial(_split, vectors, folder, params.threshold)
        parts = [await run.ask(partial(asyncio.to_thread, split, group)) for group in groups]
        groups = [group for found in parts for group in found]
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def _connect(components: Components, vectors: Vectors, block: range, span: range, threshold: float) -> None:
    for first, second in pairs_of(vectors.units, block, threshold, span):
        components.connect(first, second)
    release(vectors.units)


def _split(vectors: Vectors, folder: Path, threshold: float, group: Numbers) -> list[Numbers]:
    found = cliques(subset(vectors.units, group, folder), threshold)
    return [group[part] for part in found]


async def _hand_out(
    store: Store, vectors: Vectors, folder: Path, groups: list[Numbers], run: Run, params: FindSimilar
) -> dict[str, int]:
    """Publish the groups in events that fit, without what is no copy or was deleted meanwhile; totals."""
    policy = Policy(Protected.of(params.protect), PassedOver.of(params.pass_over))
    least = params.threshold if params.mode == "keeper" else None
    place, page, size, points, whole = 0, list[SimilarGroup](), 0, 0, 0
    for number, batch in _batches(groups):
        seen = await read_members(store, run, [vectors.ids[row] for group in batch for row in group], policy)
        percent = COMPARED_SHARE + (100 - COMPARED_SHARE) * number / len(groups)
        split = partial(_parts, vectors, folder, params, batch, seen)
        for rows in await run.ask(partial(asyncio.to_thread, split)):
            points, whole = points + len(rows), whole + 1
            for group in _group(vectors, rows, seen, least):
                length = len(json.encode(group)) + 1
                if size + length > PAGE_BYTES:
                    await run.groups(percent, place, tuple(page))
                    place, page, size = place + len(page), [], 0
                page.append(group)
                size += length
        await run.progress(percent)
    if page:
        await run.groups(100.0, place, tuple(page))
    return {"groups": whole, "similar_points": points}


def _parts(
    vectors: Vectors, folder: Path, params: FindSimilar, batch: list[Numbers], seen: dict[str, Seen]
) -> list[Numbers]:
    """The groups of two or more that the mode makes of those of a batch, without points that are not seen."""
    parts: list[Numbers] = []
    for group in batch:
        left = np.array([row for row in group if vectors.ids[row] in seen], dtype=np.intp)
        parts += _around_keepers(vectors, folder, params, left, seen) if params.mode == "keeper" else [left]
    return [part for part in parts if len(part) > 1]


def _around_keepers(
    vectors: Vectors, folder: Path, params: FindSimilar, rows: Numbers, seen: dict[str, Seen]
) -> list[Numbers]:
    if len(rows) < 2:
        return []
    ranked = sorted(range(len(rows)), key=lambda place: order(seen[vectors.ids[rows[place]]].traits))
    units = subset(vectors.units, rows, folder)
    found = around(units, np.array(ranked, dtype=np.intp), params.threshold)
    return [np.sort(rows[part]) for part in found]


def _batches(groups: list[Numbers]) -> Iterator[tuple[int, list[Numbers]]]:
    """Groups of PAYLOADS points or a few more, and how many groups there were up to their end."""
    batch, points = list[Numbers](), 0
    for number, group in enumerate(groups, 1):
        batch.append(group)
        points += len(group)
        if points >= PAYLOADS or number == len(groups):
            yield number, batch
            batch, points = [], 0


def _group(vectors: Vectors, rows: Numbers, seen: dict[str, Seen], least: float | None) -> list[SimilarGroup]:
    """The group in parts that fit."""
    ids = [vectors.ids[row] for row in rows]
    kept, reason = best(seen[point].traits for point in ids)
    keeper = int(rows[ids.index(kept)])
    scores = np.clip(similarity(vectors.units, rows, keeper), -1.0, 1.0).tolist()
    members = sorted(
        (
            _member(point, 1.0 if point == kept else score, seen[point])
            for point, score in zip(ids, scores, strict=True)
        ),
        key=lambda member: (member.id != kept, -member.score, member.id),
    )
    space = sum(seen[point].size for point in ids if point != kept)
    return [
        SimilarGroup(
            group_id=ids[0],
            keeper_id=kept,
            reason=reason,
            points=tuple(members[start : start + MAX_MEMBERS]),
            space=space,
            least=least,
        )
        for start in range(0, len(members), MAX_MEMBERS)
    ]


def _member(point: str, score: float, seen: Seen) -> Member:
    return Member(id=point, score=score, filename=seen.filename, hash=seen.hash, stacked=seen.stacked)
