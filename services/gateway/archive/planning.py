"""What is to be moved, and what must stay. Pure."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from libs.common.duplicates.policy import Policy
from libs.common.errors import Code, FileError, SluiceError
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.sources.shards.names import is_member
from libs.common.sources.uris import is_remote
from libs.common.store.protocol import Record
from services.gateway.duplicates.contents import by_content

_NOT_MOVABLE = "it lies in no folder of this machine: move it with the tools of its store, then scan again"


@dataclass(frozen=True, slots=True)
class Photo:
    """A point's file, with the content that was ingested."""

    point_id: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Target:
    """A photo to move. One of `rivals`, best first, must stay where it is: files of the same content, or the
    one that people chose to keep in its place. None means that none needs to.
    """

    photo: Photo
    rivals: tuple[Photo, ...] | None
    stack: tuple[str, ...] = ()
    """The ids of all points of its stack, itself among them, of which all move or none."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A photo that stays where it is."""

    path: Path | str
    error: SluiceError


def photo_of(record: Record) -> Photo:
    """The file of a point that was read with MOVE."""
    point = Fields(record.payload)
    return Photo(record.id, Path(os.fsdecode(path_of(point) or b"")), point.file_hash or "")


def movable(records: Iterable[Record]) -> tuple[list[Record], list[Skipped]]:
    """The points whose files lie in folders, and the others, whose files are never moved."""
    found, others = [], []
    for record in records:
        path = path_of(Fields(record.payload)) or b""
        if is_remote(path) or is_member(path):
            others.append(Skipped(os.fsdecode(path), FileError(Code.NOT_MOVABLE, _NOT_MOVABLE)))
        else:
            found.append(record)
    return found, others


def selected(records: Iterable[Record]) -> list[Target]:
    """All of them, whatever else there is."""
    return [Target(photo_of(record), None) for record in records]


def duplicates(
    requested: Collection[str],
    copies: Iterable[Record],
    policy: Policy = Policy(),  # noqa: B008 - immutable
) -> list[Target]:
    """The points whose ids are `requested`, of which `copies` holds every point of the same contents.

    What was not asked for is the first choice to stay. Where all are asked for, the best comes last, and
    finds none left that could stay in its place. A link, or what lies in a bin, is none that could stay.
    """
    return [
        target
        for group in by_content(copies).values()
        for target in _of_group(frozenset(requested), group, policy)
    ]


def refusal(target: Target, policy: Policy, links: Mapping[str, str]) -> Skipped | None:
    """Why the target stays whatever its files are; `links` has, by target's path, a link that leads to it."""
    path = str(target.photo.path)
    if policy.protected.holds(path):
        return Skipped(target.photo.path, FileError(Code.PROTECTED, "it lies in a protected folder"))
    if link := links.get(path):
        detail = f"the link {link} leads to it: remove that link first, and scan its folder again"
        return Skipped(target.photo.path, FileError(Code.LINKED, detail))
    return None


def stacked(targets: Iterable[Target], mates: Mapping[str, frozenset[str]]) -> list[Target]:
    """The targets, each with the ids of its stack; those of a stack follow one another."""
    left = {each.photo.point_id: each for each in targets}
    found: list[Target] = []
    for id_ in list(left):
        stack = tuple(sorted(connected((id_,), mates)))
        members = [left.pop(member) for member in stack if member in left]
        found += (replace(each, stack=stack if len(stack) > 1 else ()) for each in members)
    return found


def units(targets: Iterable[Target]) -> Iterator[tuple[Target, ...]]:
    """The targets that move together, or not at all."""
    for _, unit in groupby(targets, lambda each: each.stack or each.photo.point_id):
        yield tuple(unit)


def incomplete(unit: Sequence[Target]) -> Skipped | None:
    """Why a stack stays of which not every file can be a target: of one whose content is not known."""
    if len(unit) >= len(unit[0].stack):
        return None
    detail = "it is one picture with a file whose content is not known here: ingest its folder again"
    return Skipped(unit[0].photo.path, FileError(Code.PART_OF_STACK, detail))


def all_kept(unit: Sequence[Target], failed: Skipped) -> list[Skipped]:
    """Why each of a unit stays where it is, of which one cannot move."""
    detail = f"it is one picture with {_name(failed.path)}, which stays: {failed.error.detail}"
    return [
        failed
        if target.photo.path == failed.path
        else Skipped(target.photo.path, FileError(Code.PART_OF_STACK, detail))
        for target in unit
    ]


def _name(path: Path | str) -> str:
    return str(path).rpartition("/")[2]


def connected(ids: Iterable[str], mates: Mapping[str, frozenset[str]]) -> set[str]:
    """These points, and all that are of one picture with any of them."""
    found, more = set(ids), list(ids)
    while more:
        new = mates.get(more.pop(), frozenset()) - found
        found |= new
        more += new
    return found


def _of_group(requested: frozenset[str], group: Sequence[Record], policy: Policy) -> list[Target]:
    rest = [record for record in group if record.id not in requested]
    going = _ranked((record for record in group if record.id in requested), policy)
    remaining = _ranked(policy.copies(rest), policy)
    rivals = tuple(photo_of(record) for record in (*remaining, *policy.copies(going)))
    return [Target(photo_of(record), rivals) for record in reversed(going)]


def _ranked(records: Iterable[Record], policy: Policy) -> list[Record]:
    """The best to keep first."""
    left = {record.id: record for record in records}
    ranked: list[Record] = []
    while left:
        kept, _ = policy.keeper(left.values())
        ranked.append(left.pop(kept))
    return ranked
