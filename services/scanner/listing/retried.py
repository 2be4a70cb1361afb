"""Which of the listed files a retry takes."""

import os
from collections.abc import Iterator, Sequence

from libs.common import ids
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import shown
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Named, Spool


class Retried:
    """The files that are wanted again, and all files below a folder that is: that one could not be read.

    Blocks on the disk: call it in a thread.
    """

    def __init__(self, record: JobRecord, spool: Spool) -> None:
        self._record = record
        self._collection = record.collection or ""
        self._root = record.root or b""
        self._spool = spool
        self._opened: set[Named] = set()
        """Folders that can be read by now."""

    def of(self, files: Sequence[Spooled]) -> list[Spooled]:
        """Those of the listed files that are to be taken."""
        wanted = self._spool.wanted([(file.file_id, shown(self._record, file.path)) for file in files])
        below = self._wanted_folders(files)
        self._opened.update(folder for folder in below.values() if folder[0] not in wanted)
        return [
            file
            for file in files
            if file.file_id in wanted or any(each in below for each in _folders(file.path, self._root))
        ]

    def end(self) -> None:
        """All was listed: what is wanted and was not found has vanished, but for folders that are there."""
        self._spool.not_wanted(sorted(self._opened))
        self._spool.not_wanted([each for each in self._spool.missed() if self._is_folder(each[1])])
        self._spool.add_gone()

    def _wanted_folders(self, files: Sequence[Spooled]) -> dict[bytes, Named]:
        """The folders above these files that are wanted, as outcomes name them."""
        above = {folder for file in files for folder in _folders(file.path, self._root)}
        named = {folder: self._named(folder) for folder in above}
        wanted = self._spool.wanted(list(named.values()))
        return {folder: name for folder, name in named.items() if name[0] in wanted}

    def _named(self, folder: bytes) -> Named:
        return ids.file_id(self._collection, folder), shown(self._record, folder)

    def _is_folder(self, name: str) -> bool:
        """Whether the name that people are shown is a folder's; not known of names that are not UTF-8."""
        path = os.path.join(os.fsdecode(self._record.shown_below), name)  # noqa: PTH118 (may be absolute)
        return os.path.isdir(path)  # noqa: PTH112 (likewise)


def _folders(path: bytes, root: bytes) -> Iterator[bytes]:
    """The folders above a file, from the nearest up to the root."""
    while len(path) > len(root):
        path = path.rpartition(b"/")[0] or b"/"
        yield path
        if path == b"/":
            return
