"""Decisions on all groups of a report at once: what moves by a rule that people give."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from uuid import UUID

from libs.common.duplicates.protected import Protected
from services.gateway.duplicates.duplicates import Duplicates, Requested
from services.gateway.duplicates.review import Compared, Group, advice

PAGE = 200


async def groups_of(duplicates: Duplicates, task_id: UUID, requested: Requested) -> AsyncIterator[Group]:
    """All groups of the report, as the index has them now; SluiceError task_not_found."""
    cursor: str | None = None
    while True:
        page = await duplicates.report(task_id, replace(requested, cursor=cursor, limit=PAGE))
        for group in page.groups:
            yield group
        if (cursor := page.next) is None:
            return


def moves(groups: Iterable[Group], folder: Protected, *, alike: bool) -> dict[str, str]:
    """The ids of the points that move, each with that of the keeper of its group.

    Only in groups of which a file lies in the folder, and nothing that lies there.
    """
    moving = ("archive", "look") if alike else ("archive",)
    return {
        each.record.id: group.keeper.record.id
        for group in groups
        if any(_lies_in(each, folder) for each in group.members)
        for each in group.members[1:]
        if not _lies_in(each, folder) and advice(group, each) in moving
    }


def _lies_in(each: Compared, folder: Protected) -> bool:
    return folder.holds(each.fields.full_path or "")
