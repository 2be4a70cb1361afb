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
class Story:
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
    def next_number(self) -> int:
        """A number that no move has."""
        return 1 + max((*self.moves, *self.restores), default=-1)


def told(archive_id: str, lines: Sequence[Line]) -> Story | None:
    """The archive; None if a crash came before its first line."""
    if not lines or not isinstance(first := lines[0], Opened):
        return None
    story = Story(archive_id, first.kind, first.collection, first.generation, first.at)
    for line in lines:
        story.lines += 1
        _add(story, line)
    return story


def _add(story: Story, line: Line) -> None:
    match line:
        case Begun(move=move):
            (story.moves if move.way == "archive" else story.restores)[move.number] = Recorded(move)
        case Done(number=number, files=files):
            _end(story, number, files)
        case Undone(number=number):
            _find(story, number).state = "undone"
        case Indexed(lines=lines) if lines >= story.lines - 1:
            story.stale.clear()
        case Finished(interrupted=interrupted):
            story.finished, story.interrupted = True, interrupted


def _end(story: Story, number: int, files: Sequence[int]) -> None:
    found = _find(story, number)
    found.moved = tuple(found.move.files[index] for index in files)
    if found.move.way == "archive":
        found.state = "archived"
        story.stale[found.move.point_id] = "delete"
        return
    found.state = "restored"
    story.stale[found.move.point_id] = "put_back"
    if found.move.undoes is not None:
        story.moves[found.move.undoes].state = "restored"


def _find(story: Story, number: int) -> Recorded:
    return story.moves.get(number) or story.restores[number]
