"""What people exclude: patterns of a request, and files in the folders themselves.

Patterns have gitignore's syntax (gitignore(5)), as pathspec understands it. Those of a deeper folder win.
"""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct
from pathspec import GitIgnoreSpec

log = logging.getLogger(__name__)

IGNORE_FILE = ".sluiceignore"
NO_MEDIA = ".nomedia"
_MOST_BYTES = 1 << 20
"""Of a file with patterns that are read."""
_SHOWN = 200
"""Characters of a pattern in a rule."""


class _Patterns(Struct, frozen=True):
    """The patterns of one folder; `source` says in words where they come from."""

    folder: bytes
    source: str
    spec: GitIgnoreSpec

    def pattern(self, index: int | None) -> str:
        """The pattern at this place, as people wrote it."""
        return str(getattr([*self.spec.patterns][index or 0], "pattern", ""))[:_SHOWN]


class Exclusions(Struct, frozen=True):
    """What applies in one folder: the patterns of those above it, the nearest first."""

    patterns: tuple[_Patterns, ...] = ()

    @classmethod
    def of(cls, root: bytes, exclude: Iterable[str]) -> "Exclusions":
        """The patterns of a request, relative to its root."""
        lines = list(exclude)
        return cls((_Patterns(root, "exclude", _spec(lines, "exclude")),)) if lines else cls()

    def inside(self, folder: bytes, descriptor: int) -> "Exclusions":
        """What applies in this folder, which is open; its own patterns come first. OSError."""
        text = _read(descriptor)
        return self if text is None else self.with_text(folder, text)

    def with_text(self, folder: bytes, text: bytes) -> "Exclusions":
        """These, and before them what the folder's own file says."""
        lines = text[:_MOST_BYTES].decode(errors="replace").splitlines()
        name = os.fsdecode(folder) + "/" + IGNORE_FILE
        return Exclusions((_Patterns(folder, IGNORE_FILE, _spec(lines, name)), *self.patterns))

    def rule(self, path: bytes, *, folder: bool = False) -> str | None:
        """What excludes the file, or the folder, in words; None if nothing does."""
        for each in self.patterns:
            below = os.fsdecode(path[len(each.folder) :].lstrip(b"/")) + ("/" if folder else "")
            if (found := each.spec.check_file(below)).include is not None:
                return f"{each.source}: {each.pattern(found.index)}" if found.include else None
        return None


def is_no_media(descriptor: int) -> bool:
    """Whether the open folder says that nothing in it, or below it, is for galleries."""
    try:
        os.lstat(NO_MEDIA, dir_fd=descriptor)
    except OSError:
        return False
    return True


def _read(descriptor: int) -> bytes | None:
    try:
        opened = os.open(
            IGNORE_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor
        )
    except FileNotFoundError:
        return None
    try:
        return os.read(opened, _MOST_BYTES)
    finally:
        os.close(opened)


def _spec(lines: Iterable[str], source: str) -> GitIgnoreSpec:
    """The patterns; lines that are none are left out, and the log says so."""
    good = []
    for line in lines:
        with suppress(ValueError):
            GitIgnoreSpec.from_lines([line])
            good.append(line)
            continue
        log.warning("%s: %r is no pattern", source, line)
    return GitIgnoreSpec.from_lines(good)
