"""A name in an open folder: what is linked, renamed and removed, wherever the folder's path leads by then."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.common.sources.files.opening import Opener


@dataclass(frozen=True, slots=True)
class Place:
    """`path`, as the name that it ends with in the folder whose descriptor is `folder`."""

    folder: int
    path: Path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.name

    def lstat(self) -> os.stat_result:
        """Of what has that name now, links not followed; OSError."""
        return os.lstat(self.name, dir_fd=self.folder)


class Places:
    """Opens the folders of places, below the opener's roots and through no symbolic link."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    @contextmanager
    def of(self, path: Path) -> Iterator[Place]:
        """The place of `path`, for as long as the block lasts. OSError, or FileError outside_roots."""
        with self._opener.folder(os.fsencode(path.parent), links=False) as folder:
            yield Place(folder, path)

    def is_still(self, place: Place) -> bool:
        """Whether the path leads to the place's folder now: it may have been moved or replaced. OSError."""
        with self.of(place.path) as now:
            return os.path.samestat(os.fstat(place.folder), os.fstat(now.folder))
