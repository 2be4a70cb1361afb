"""The points behind what a client asks to archive, and all other points of their contents."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from libs.common.duplicates.stacks import mates
from libs.common.errors import Code, FileError
from libs.common.ids import display_name, file_id
from libs.common.points.fields import Fields
from libs.common.store.protocol import Record, Store
from services.gateway.archive.planning import Skipped, Target, connected
from services.gateway.duplicates import contents


async def by_paths(store: Store, collection: str, paths: Sequence[str]) -> tuple[list[Record], list[Skipped]]:
    """The points of these files, and the paths that have none."""
    wanted = {path: file_id(collection, os.fsencode(path)) for path in dict.fromkeys(paths)}
    by_id = {record.id: record for record in await contents.by_ids(store, collection, wanted.values())}
    found = {path: by_id[point] for path, point in wanted.items() if point in by_id}
    # Points of before, and names that are shown otherwise than they are, have other ids.
    missing = [path for path in wanted if path not in found]
    others = await contents.where(store, collection, Fields.full_path.name, missing)
    found |= {str(Fields(record.payload).full_path): record for record in others}
    return [found[path] for path in wanted if path in found], [
        Skipped(Path(path), FileError(Code.NOT_INDEXED, f"collection {collection} has no point of it"))
        for path in missing
        if path not in found
    ]


async def with_mates(
    store: Store, collection: str, records: Sequence[Record]
) -> tuple[list[Record], Mapping[str, frozenset[str]]]:
    """The records and all files of the same pictures; by id, the others of each one's stack."""
    stacks = dict.fromkeys(stack for record in records if (stack := Fields(record.payload).stack))
    others = await contents.where(store, collection, Fields.stack.name, list(stacks))
    there = {record.id: record for record in (*records, *others)}
    found = mates(there.values())
    wanted = connected([record.id for record in records], found)
    return [record for id_, record in there.items() if id_ in wanted], found


async def links_to(store: Store, targets: Sequence[Target]) -> dict[str, str]:
    """By path of a target, the path of an indexed link that leads to it, in any collection."""
    shown = {display_name(os.fsencode(target.photo.path)): str(target.photo.path) for target in targets}
    found: dict[str, str] = {}
    for collection in await store.collections():
        for record in await contents.where(store, collection, Fields.link_target.name, list(shown)):
            link = Fields(record.payload)
            found[shown[link.link_target or ""]] = link.full_path or record.id
    return found
