"""What decides about the points of a group: which are copies, which is kept, which are one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from libs.common.duplicates.keeper import Traits, order, traits_of
from libs.common.duplicates.policy import Policy
from libs.common.duplicates.stacks import mates
from libs.common.points.fields import Fields
from libs.common.store.protocol import Record, Store
from services.upserter.tasks.run import Run

PAYLOADS = 200
"""Read at once: with its thumbnail a payload takes some 20 KB."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A point that may be a copy: what decides about it, what is shown of it, and its stack."""

    traits: Traits
    filename: str | None
    hash: str | None
    size: int
    """Bytes."""
    stacked: tuple[str, ...] = ()
    """The ids of other files of the same picture."""


async def read_members(store: Store, run: Run, ids: Sequence[str], policy: Policy) -> dict[str, Seen]:
    """By id, those of the points that are stored and can be copies; of a stack the best file alone."""
    records: list[Record] = []
    for start in range(0, len(ids), PAYLOADS):
        page = await run.ask(partial(store.retrieve, run.task.collection, ids[start : start + PAYLOADS]))
        records += (_without_thumbnail(record) for record in policy.copies(page))
    stacks = mates(records)
    seen = {record.id: _seen(record, policy, stacks) for record in records}
    return {id_: found for id_, found in seen.items() if _is_cover(found, seen)}


def _without_thumbnail(record: Record) -> Record:
    payload = {name: value for name, value in record.payload.items() if name != Fields.thumbnail_base64.name}
    return Record(record.id, payload)


def _seen(record: Record, policy: Policy, stacks: Mapping[str, frozenset[str]]) -> Seen:
    fields = Fields(record.payload)
    stacked = tuple(sorted(stacks.get(record.id, ())))
    return Seen(
        traits_of(record, policy.protected), fields.filename, fields.file_hash, fields.size or 0, stacked
    )


def _is_cover(found: Seen, seen: Mapping[str, Seen]) -> bool:
    mine = order(found.traits)
    return all(mine <= order(seen[mate].traits) for mate in found.stacked)
