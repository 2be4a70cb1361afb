"""An archive's journal: what was about to happen and what then did, each line on disk before the next step.

One file an archive, JSON lines, never deleted. Paths are as Python has them (surrogateescape), so that any
file name survives.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from libs.common.errors import Code, SluiceError
from libs.common.events import now
from services.gateway.archive.moves.disk import Disk

NAME = "journal.jsonl"
_LAST_LINE_BYTES = 256

Kind = Literal["exact", "selection", "job", "similar"]
Way = Literal["archive", "restore"]


class Carried(Struct, frozen=True, kw_only=True):
    """One file of a move. `size` in bytes."""

    source: str
    destination: str
    size: int
    sha256: str


class Move(Struct, frozen=True, kw_only=True):
    """A photo, first of `files`, and what goes along with it. A restore names the move it `undoes`."""

    number: int
    way: Way
    point_id: str
    files: tuple[Carried, ...]
    keeper: str | None = None
    undoes: int | None = None
    stack: tuple[str, ...] = ()
    """The ids of the points of which all move or none."""


class _Line(Struct, frozen=True, kw_only=True, tag_field="step"):
    at: datetime = field(default_factory=now)


class Opened(_Line, frozen=True, kw_only=True, tag="opened"):
    """The first line: what the archive is, and the collection whose points it concerns."""

    kind: Kind
    collection: str
    generation: str | None


class Begun(_Line, frozen=True, kw_only=True, tag="begun"):
    """The move's file system calls come next."""

    move: Move


class Done(_Line, frozen=True, kw_only=True, tag="done"):
    """The move is over. `files` are the indexes of those that moved; the photo, 0, is one."""

    number: int
    files: tuple[int, ...]


class Undone(_Line, frozen=True, kw_only=True, tag="undone"):
    """The move did not happen: everything is where it was."""

    number: int
    reason: str


class Indexed(_Line, frozen=True, kw_only=True, tag="indexed"):
    """The collection's points agree with the first `lines` lines."""

    lines: int


class Finished(_Line, frozen=True, kw_only=True, tag="finished"):
    """Nothing more will be archived here; `interrupted` where a crash was the reason."""

    interrupted: bool = False


Line = Opened | Begun | Done | Undone | Indexed | Finished


class Journal:
    """The journal in an archive's folder. One writer at a time: see `locking`."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self._path = folder / NAME
        self._disk = disk

    def write(self, line: Line) -> None:
        """Return once the line is on disk; OSError, and then nothing of it is."""
        text = json.dumps(msgspec.to_builtins(line), ensure_ascii=True, separators=(",", ":"))
        self._disk.append(self._path, text.encode() + b"\n")

    def begin(self, first: Opened) -> None:
        """Make the archive's folder with the first line."""
        self._disk.make_folder(self.folder)
        self._disk.sync_folder(self.folder.parent)
        self.write(first)
        self._disk.sync_folder(self.folder)

    def lines(self) -> list[Line]:
        """All lines; SluiceError if one is damaged.

        Half a line at the end, which a crash left, is none: its step did not begin.
        """
        try:
            whole, _, _ = self._path.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            return []
        return [_line(text) for text in whole.split(b"\n") if text]

    def is_settled(self) -> bool:
        """Whether the last line says that nothing is left to do; cheap, however long the journal is."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_LINE_BYTES))
                last = file.read()
        except FileNotFoundError:
            return False
        return last.endswith(b"\n") and b'"step":"indexed"' in last.rstrip(b"\n").rpartition(b"\n")[2]

    def repair(self) -> None:
        """Cut off half a line, before another is written."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return
        end = text.rfind(b"\n") + 1
        if end < len(text):
            self._disk.truncate(self._path, end)


def _line(text: bytes) -> Line:
    try:
        found: Line = msgspec.convert(json.loads(text), type=Line)
    except ValueError as error:
        raise SluiceError(Code.INTERNAL, f"a line of an archive's journal cannot be read: {error}") from error
    return found
