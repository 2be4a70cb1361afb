"""A name in an open folder: what is linked, renamed and removed, wherever the folder's path leads by then."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from libs.common.sources.files.beneath import open_beneath
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

    @contextmanager
    def pair(self, one: Path, other: Path) -> Iterator[tuple[Place, Place]]:
        """As `of`, both from the folder that they have in common: not one from before a swap of it and one
        from after it.
        """
        common = Path(os.path.commonpath((one.parent, other.parent)))
        with (
            self._opener.folder(os.fsencode(common), links=False) as folder,
            _below(folder, common, one) as first,
            _below(folder, common, other) as second,
        ):
            yield first, second

    def are_still(self, one: Place, other: Place) -> bool:
        """Whether their paths lead to their folders now: those may have been moved or replaced. OSError."""
        with self.pair(one.path, other.path) as now:
            return all(
                os.path.samestat(os.fstat(was.folder), os.fstat(place.folder))
                for was, place in zip((one, other), now, strict=True)
            )


@contextmanager
def _below(folder: int, common: Path, path: Path) -> Iterator[Place]:
    relative = os.fsencode(path.parent.relative_to(common))
    descriptor = open_beneath(folder, relative, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Place(descriptor, path)
    finally:
        os.close(descriptor)
