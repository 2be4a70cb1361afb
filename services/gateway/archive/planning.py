"""What is to be moved, and what must stay. Pure."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.common.keeper import best, traits_of
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.store.protocol import Record


@dataclass(frozen=True, slots=True)
class Photo:
    """A point's file, with the content that was ingested."""

    point_id: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Target:
    """A photo to move. One of `rivals`, files of the same content, best first, must stay where it is; None
    means that none needs to.
    """

    photo: Photo
    rivals: tuple[Photo, ...] | None


def photo_of(record: Record) -> Photo:
    """The file of a point that was read with MOVE."""
    point = Fields(record.payload)
    return Photo(record.id, Path(os.fsdecode(path_of(point) or b"")), point.file_hash or "")


def selected(records: Iterable[Record]) -> list[Target]:
    """All of them, whatever else there is."""
    return [Target(photo_of(record), None) for record in records]


def duplicates(asked: Collection[str], copies: Iterable[Record]) -> list[Target]:
    """The points whose ids are `asked`, of which `copies` holds every point of the same contents.

    Whoever was not asked for is the first choice to stay. Where all are asked for, the best comes last,
    and finds no one left who could stay in its place.
    """
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in copies:
        groups[Fields(record.payload).file_hash or ""].append(record)
    return [target for group in groups.values() for target in _of_group(frozenset(asked), group)]


def _of_group(asked: frozenset[str], group: Sequence[Record]) -> list[Target]:
    staying = _ranked(record for record in group if record.id not in asked)
    going = _ranked(record for record in group if record.id in asked)
    rivals = tuple(photo_of(record) for record in (*staying, *going))
    return [Target(photo_of(record), rivals) for record in reversed(going)]


def _ranked(records: Iterable[Record]) -> list[Record]:
    """The best to keep first."""
    left = {record.id: record for record in records}
    traits = {id_: traits_of(record) for id_, record in left.items()}
    ranked: list[Record] = []
    while left:
        kept, _ = best(traits[id_] for id_ in left)
        ranked.append(left.pop(kept))
    return ranked
