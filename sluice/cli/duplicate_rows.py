"""Groups of duplicates, and what is to move of them, as lines and rows."""

from collections.abc import Iterator, Sequence

import msgspec

from sluice.cli.output import as_json, line
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


def show(groups: Sequence[Group]) -> None:
    """Print each group and the paths in it."""
    for group in groups:
        line(f"{group.space:>12,} bytes to be had; kept: {group.reason}")
        for each in group.points:
            line(f"    {each.advice:<8}{each.score:.3f}  {each.file_path}")


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
        to = f" -> {each.to}" if each.to else ""
        kept = f"  kept: {each.keeper}" if each.keeper else ""
        line(f"{each.path}{to}{kept}")
    for stays in plan.skipped:
        line(f"{stays.path} stays: {stays.detail}", stderr=True)
    if plan.dry_run:
        line(f"{len(plan.planned)} files would move", stderr=True)
    elif plan.archive_id:
        line(f"moving; `sluice archives` shows how far it is, {way_back(plan.archive_id)}", stderr=True)


def way_back(archive_id: str) -> str:
    """How what moved comes back."""
    return f"`sluice duplicates restore {archive_id}` moves them back"
