"""A group as the index has it now: what left it is gone, and what people compare stands with each picture."""

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from libs.common.duplicates.decided import Decided
from libs.common.duplicates.look import Look, are_same, look_at
from libs.common.duplicates.policy import Policy
from libs.common.events import Member, SimilarGroup
from libs.common.points import exif
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.store.protocol import Record
from sluice.files.formats import RAW_NAMES

Inode = tuple[int, int]
ROUNDING = 1e-6
"""As find-similar compares: a float32 similarity may fall this much short."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A picture of a group. `same_pixels` and `same_file` as compared with the keeper's; None: not known."""

    member: Member
    record: Record
    score: float
    look: Look | None = None
    same_file: bool | None = None
    same_pixels: bool | None = None
    is_protected: bool = False

    @property
    def fields(self) -> Fields:
        """What is known of it."""
        return Fields(self.record.payload)


@dataclass(frozen=True, slots=True)
class Group:
    """The keeper first, the others by likeness."""

    group_id: str
    reason: str
    members: list[Compared]
    differs: list[str] = field(default_factory=list)

    @property
    def keeper(self) -> Compared:
        """The one to keep."""
        return self.members[0]

    @property
    def space(self) -> int:
        """Bytes that archiving the others would free, had they no other name."""
        return sum(each.fields.size or 0 for each in self.members[1:] if not stays(each))

    @property
    def likeness(self) -> float:
        """The least score in it."""
        return min(each.score for each in self.members)


def stays(each: Compared) -> bool:
    """Whether it is never moved as a copy."""
    return each.is_protected or bool(each.same_file)


def advice(group: Group, each: Compared) -> str:
    """See MemberOut."""
    if each is group.keeper or stays(each):
        return "keep"
    keeper = group.keeper.fields
    if each.fields.file_hash is not None and each.fields.file_hash == keeper.file_hash:
        return "archive"
    # A RAW and a picture that was made of it are no copies, wherever they lie: each has what the other lacks.
    is_of_kind = _is_raw(each.fields) == _is_raw(keeper)
    return "archive" if each.same_pixels and is_of_kind else "look"


def _is_raw(fields: Fields) -> bool:
    return (fields.format or "").upper() in RAW_NAMES


def present(
    group: SimilarGroup, stored: Mapping[str, Record], policy: Policy, decided: Decided, least: float | None
) -> Group | None:
    """The group without what is gone, no copy, or decided to be none; None where fewer than two are left.

    If the keeper it was made with is gone, another is chosen, and those stay that reach `least` with it
    (None: any likeness will do). `stored` has vectors where that is so.
    """
    there = policy.copies(stored[each.id] for each in group.points if each.id in stored)
    if len(there) < 2:
        return None
    kept, reason = policy.keeper(there)
    keeper = stored[kept]
    scores = {each.id: each.score for each in group.points}
    if kept != group.keeper_id:
        scores = {each.id: _likeness(keeper, each) for each in there}
    hash_ = Fields(keeper.payload).file_hash or ""
    members = [
        Compared(each, stored[each.id], 1.0 if each.id == kept else scores[each.id])
        for each in group.points
        if any(each.id == record.id for record in there)
    ]
    left = [
        each
        for each in members
        if each.member.id == kept
        or (
            not decided.apart(hash_, each.fields.file_hash or "")
            and (least is None or each.score >= least - ROUNDING)
        )
    ]
    left.sort(key=lambda each: (each.member.id != kept, -each.score, each.member.id))
    return Group(group.group_id, reason, left) if len(left) > 1 else None


def compared(group: Group, policy: Policy, inodes: Mapping[bytes, Inode]) -> Group:
    """The group with a second look at its pixels and files. Blocks for about a millisecond a picture."""
    looks = [_look(each) for each in group.members]
    first, inode = looks[0], inodes.get(_path(group.keeper))
    members = [
        Compared(
            each.member,
            each.record,
            each.score,
            look,
            same_file=None if inode is None or not number else inodes.get(_path(each)) == inode,
            same_pixels=None if first is None or look is None or not number else are_same(first, look),
            is_protected=policy.protected.holds(each.fields.full_path or ""),
        )
        for number, (each, look) in enumerate(zip(group.members, looks, strict=True))
    ]
    return Group(group.group_id, group.reason, members, _differing(members))


def inodes_of(paths: Iterable[bytes]) -> dict[bytes, Inode]:
    """Device and inode of each file that is there. Blocks on the file system."""
    found: dict[bytes, Inode] = {}
    for path in paths:
        try:
            stat = os.lstat(path)
        except (OSError, ValueError):
            continue
        found[path] = (stat.st_dev, stat.st_ino)
    return found


def paths_of(groups: Sequence[Group]) -> list[bytes]:
    """The files of all members."""
    return [_path(each) for group in groups for each in group.members]


def _path(each: Compared) -> bytes:
    return path_of(each.fields) or b""


def _look(each: Compared) -> Look | None:
    encoded = each.fields.thumbnail_base64
    try:
        return look_at(base64.b64decode(encoded)) if encoded else None
    except ValueError:
        return None


def _likeness(one: Record, other: Record) -> float:
    first, second = (np.asarray(each.vector or [0.0], dtype=np.float64) for each in (one, other))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return (
        float(np.clip(first @ second / lengths, -1.0, 1.0)) if lengths and len(first) == len(second) else 0.0
    )


def _differing(members: Sequence[Compared]) -> list[str]:
    tags = [exif.bare_names(each.record.payload) for each in members]
    return sorted(name for name in {*tags[0]}.union(*tags) if len({each.get(name) for each in tags}) > 1)
