"""Looking for a folder to ingest: what lies where, inside the allowed roots alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from libs.common.errors import Code, SluiceError
from libs.common.runtime.detached import DetachedCalls
from libs.common.settings import FilesSettings
from libs.common.sources.roots import Roots, resolve_path
from sluice.files.formats import SUPPORTED_SUFFIXES, VIDEO_SUFFIXES
from sluice.files.passed_over import PassedOver

MOST = 10_000
"""Entries of one folder that are looked at."""
_SUFFIXES = SUPPORTED_SUFFIXES | VIDEO_SUFFIXES


@dataclass(frozen=True, slots=True)
class FolderListing:
    """The folders in one, by name, and how many pictures lie in it itself.

    `path` is None for the roots, whose parent is nowhere. `truncated`: it has more entries than MOST.
    """

    path: str | None
    parent: str | None
    folders: list[str]
    pictures: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that may be ingested."""

    files: FilesSettings
    detached: DetachedCalls
    passed_over: PassedOver

    async def listing(self, path: str | None) -> FolderListing:
        """What lies in a folder; the roots where `path` is None.

        Raises SluiceError directory_not_found, outside_roots, permission_denied, and read_failed where the
        disk does not answer in time.
        """
        if path is None:
            return FolderListing(None, None, list(self._roots()))
        return await self.detached.run(lambda: self._listed(path), path)

    def _roots(self) -> Iterator[str]:
        yield from map(str, self.files.root_folders)
        yield from self.files.root_uris
        if not self.files.scan_roots and Roots.of(self.files).folders is None:
            yield str(Path.home())

    def _listed(self, path: str) -> FolderListing:
        folder = resolve_path(path, self.files)
        try:
            with os.scandir(folder) as entries:
                found = list(islice(entries, MOST + 1))
        except NotADirectoryError as error:
            raise SluiceError(Code.DIRECTORY_NOT_FOUND, f"{path} is no folder") from error
        except OSError as error:
            raise SluiceError(Code.PERMISSION_DENIED, f"{path} may not be read: {error.strerror}") from error
        seen = found[:MOST]
        return FolderListing(
            str(folder),
            self._parent(folder),
            sorted((each.path for each in seen if self._is_shown(each)), key=str.casefold),
            sum(Path(each.name).suffix.lower() in _SUFFIXES for each in seen),
            len(found) > MOST,
        )

    def _parent(self, folder: Path) -> str | None:
        """The folder above, unless it is outside of the roots."""
        above = folder.parent
        is_inside = above != folder and Roots.of(self.files).allow(bytes(above))
        return str(above) if is_inside else None

    def _is_shown(self, entry: "os.DirEntry[str]") -> bool:
        if self.passed_over.is_ignored_folder(os.fsencode(entry.name)):
            return False
        try:
            return entry.name.isprintable() and entry.is_dir()
        except OSError:
            return False
