"""Groups of duplicates, and what is to move of them, as lines and rows."""

from collections.abc import Iterator, Sequence

import msgspec

from sluice.cli.fitting import arrow, columns, counted, size
from sluice.cli.output import as_json, line, remark
from sluice.models.duplicates import ArchivePlan, Group


class Picture(msgspec.Struct):
    """A picture of a group, as a row of a CSV has it."""

    advice: str
    score: float
    file_path: str
    size: int | None
    width: int | None
    height: int | None
    taken_at: str | None
    camera: str | None
    sharpness: float | None
    same_pixels: bool | None
    same_file: bool | None
    hash: str | None
    id: str


def show(groups: Sequence[Group], first: int = 1, most: int | None = None) -> None:
    """Print each group and the paths in it, `most` of each."""
    for number, group in enumerate(groups, first):
        line(f"group {number}: {size(group.space)} to free, keeps {_why(group.reason)}")
        for each in group.points[:most]:
            line(f"  {each.advice:<8} {each.score:.3f}  {each.file_path}")
        if most is not None and len(group.points) > most:
            line(f"  and {counted(len(group.points) - most, 'more file')}")


def summary(groups: Sequence[Group], photos: int) -> str:
    """How many groups there are, and what archiving the copies would free."""
    copies = [each for group in groups for each in group.points if each.advice == "archive"]
    freed = size(sum(each.size or 0 for each in copies))
    return (
        f"{counted(len(groups), 'group')} among {counted(photos, 'photo')}; "
        f"{counted(len(copies), 'copy')} could be archived, {freed}"
    ).replace("copys", "copies")


def rows(groups: Sequence[Group]) -> Iterator[list[object]]:
    """A row for each picture, behind the group's id and why its first one is kept."""
    for group in groups:
        for each in group.points:
            picture = msgspec.convert(each, Picture, from_attributes=True)
            yield [group.group_id, group.reason, *msgspec.structs.astuple(picture)]


def planned(plan: ArchivePlan, *, json: bool) -> None:
    """Print what moves, where to and in whose favour, and what stays."""
    if json:
        as_json(plan)
        return
    for each in plan.planned:
        moved = arrow(each.path, each.to) if each.to else [each.path]
        kept = f"  kept: {each.keeper}" if each.keeper else ""
        for row in _with(moved, kept):
            line(row)
    for stays in plan.skipped:
        remark(f"{stays.path} stays: {stays.detail}")
    if plan.dry_run:
        remark(f"{counted(len(plan.planned), 'file')} would move")
    elif plan.archive_id:
        remark(f"moving {counted(len(plan.planned), 'file')}: `sluice archives` shows how far it is")
        remark(way_back(plan.archive_id))


def way_back(archive_id: str) -> str:
    """How what moved comes back."""
    return f"move them back with `sluice duplicates restore {archive_id}`"


def _with(moved: list[str], kept: str) -> list[str]:
    """At a terminal the keeper has a line of its own, elsewhere a move is one line."""
    if not kept or columns() is None:
        return [f"{' -> '.join(moved)}{kept}"]
    return [*moved, kept]


def _why(reason: str) -> str:
    return reason if reason.startswith("the ") else f"the one {reason}"
