"""What an archive's journal tells, once all its lines are taken together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.gateway.archive.journal import (
    Begun,
    Carried,
    Done,
    Finished,
    Indexed,
    Kind,
    Line,
    Move,
    Opened,
    Undone,
)

MoveState = Literal["half_done", "archived", "restored", "undone"]


@dataclass(slots=True)
class Recorded:
    """A move and how far it came; `moved` are the files that did."""

    move: Move
    state: MoveState = "half_done"
    moved: tuple[Carried, ...] = ()


@dataclass(slots=True)
class ArchiveHistory:
    """An archive. `moves` are those into it; `restores` those back."""

    archive_id: str
    kind: Kind
    collection: str
    generation: str | None
    at: datetime
    moves: dict[int, Recorded] = field(default_factory=dict)
    restores: dict[int, Recorded] = field(default_factory=dict)
    finished: bool = False
    interrupted: bool = False
    lines: int = 0
    stale: dict[str, Literal["delete", "put_back"]] = field(default_factory=dict)
    """What the collection has yet to follow, by point id."""

    @property
    def half_done(self) -> list[Move]:
        """Moves that began and neither ended nor were undone."""
        every = [*self.moves.values(), *self.restores.values()]
        return [found.move for found in every if found.state == "half_done"]

    @property
    def archived(self) -> list[Recorded]:
        """Moves whose files lie in their archive folder, the last first."""
        return [found for found in reversed(self.moves.values()) if found.state == "archived"]

    @property
    def restored(self) -> int:
        """How many photos are back where they were."""
        return sum(found.state == "restored" for found in self.moves.values())

    @property
    def next_number(self) -> int:
        """A number that no move has."""
        return 1 + max((*self.moves, *self.restores), default=-1)


def reported(archive_id: str, lines: Sequence[Line]) -> ArchiveHistory | None:
    """The archive; None if a crash came before its first line."""
    if not lines or not isinstance(first := lines[0], Opened):
        return None
    history = ArchiveHistory(archive_id, first.kind, first.collection, first.generation, first.at)
    for line in lines:
        history.lines += 1
        _add(history, line)
    return history


def split(history: ArchiveHistory) -> list[Recorded]:
    """Archived moves of stacks of which not all files are archived, the last first."""
    there = {found.move.point_id for found in history.archived}
    return [found for found in history.archived if not there.issuperset(found.move.stack)]


def _add(history: ArchiveHistory, line: Line) -> None:
    match line:
        case Begun(move=move):
            (history.moves if move.way == "archive" else history.restores)[move.number] = Recorded(move)
        case Done(number=number, files=files):
            _end(history, number, files)
        case Undone(number=number):
            _find(history, number).state = "undone"
        case Indexed(lines=lines) if lines >= history.lines - 1:
            history.stale.clear()
        case Finished(interrupted=interrupted):
            history.finished, history.interrupted = True, interrupted


def _end(history: ArchiveHistory, number: int, files: Sequence[int]) -> None:
    found = _find(history, number)
    found.moved = tuple(found.move.files[index] for index in files)
    if found.move.way == "archive":
        found.state = "archived"
        history.stale[found.move.point_id] = "delete"
        return
    found.state = "restored"
    history.stale[found.move.point_id] = "put_back"
    if found.move.undoes is not None:
        history.moves[found.move.undoes].state = "restored"


def _find(history: ArchiveHistory, number: int) -> Recorded:
    return history.moves.get(number) or history.restores[number]
