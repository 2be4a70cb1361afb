"""Groups of stored files with the same content, found page by page."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.duplicates.decided import Decided
from libs.common.duplicates.policy import Policy
from libs.common.points.fields import Fields, names
from libs.common.points.projections import COPY
from libs.common.store.protocol import Filter, Record, Store

PAGE = 500
SCAN_SECONDS = 5.0
"""How long one answer looks for groups; clients wait 10 s for it."""


@dataclass(frozen=True, slots=True)
class ExactGroup:
    """Files of one content, in the order of their ids; `reason` says why the keeper is the one to keep."""

    hash: str
    keeper: str
    reason: str
    files: list[Record]
    place: str
    """The smallest id of the content's points, where the group stands in the pages."""


async def exact_groups(
    store: Store, collection: str, policy: Policy, decided: Decided, cursor: str | None, limit: int
) -> tuple[list[ExactGroup], str | None]:
    """The next groups, at most `limit`, and the cursor that goes on from there; None at the end.

    A group stands where its smallest id does, so that pages need no memory of those before. A page may hold
    few groups, or none, where a large collection has few: go on until the cursor is None.
    """
    found: list[ExactGroup] = []
    clock = asyncio.get_running_loop().time
    until = clock() + SCAN_SECONDS
    hashes = names(Fields.file_hash)
    while True:
        page, cursor = await store.scroll(collection, limit=PAGE, after=cursor, payload=hashes)
        groups = await _groups(store, collection, policy, page)
        found += (group for group in groups if not decided.apart(group.hash, group.hash))
        if len(found) > limit:
            return found[:limit], found[limit - 1].place
        if cursor is None or len(found) == limit or clock() > until:
            return found, cursor


async def _groups(store: Store, collection: str, policy: Policy, page: Sequence[Record]) -> list[ExactGroup]:
    """The groups whose smallest id is on the page, in the order of it."""
    first: dict[str, str] = {}
    for record in page:
        if hash_ := Fields(record.payload).file_hash:
            first.setdefault(hash_, record.id)
    copies: dict[str, list[Record]] = defaultdict(list)
    after: str | None = None
    while first:
        where = Filter(any_of={Fields.file_hash.name: list(first)})
        records, after = await store.scroll(
            collection, limit=2 * PAGE, after=after, where=where, payload=COPY
        )
        for record in records:
            copies[Fields(record.payload).file_hash or ""].append(record)
        if after is None:
            break
    return [
        ExactGroup(hash_, *policy.keeper(files), files, smallest)
        for hash_, smallest in first.items()
        if len(files := policy.copies(copies[hash_])) > 1 and copies[hash_][0].id == smallest
    ]
