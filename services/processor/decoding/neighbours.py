"""Reading the files that lie next to photos and describe them; decoders understand them."""

import os

from msgspec import structs

from libs.common.errors import FileError
from libs.common.imaging.metadata import limits
from libs.common.sources.sidecars import takeout_of, xmp_of
from libs.common.sources.sources import Sources
from services.processor.decoding.inspection import Request
from sluice.files.formats import suffix_of

_SUFFIXES = frozenset((".xmp", ".json"))
_Names = frozenset[bytes]


class NeighbourReader:
    """Reads what lies next to photos, for any thread. It keeps the last folder's names until that changes."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._last: tuple[bytes, int, _Names] = (b"", 0, frozenset())

    def added(self, request: Request) -> Request:
        """The request with what lies next to its file. What cannot be read is left out. Blocks."""
        folder, _, name = request.path.rpartition(b"/")
        names = self._names(folder or b"/")
        if not names:
            return request
        xmp, takeout = xmp_of(name, names), takeout_of(name, names)
        return structs.replace(
            request,
            xmp=self._read(folder, xmp, limits.XMP_BYTES),
            takeout=self._read(folder, takeout, limits.TAKEOUT_BYTES),
        )

    def _names(self, folder: bytes) -> _Names:
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - paths are bytes
            known, at, names = self._last
            if (known, at) != (folder, changed):
                listed = os.listdir(folder)  # noqa: PTH208 - as above
                names = frozenset(name for name in listed if suffix_of(name) in _SUFFIXES)
                self._last = (folder, changed, names)
        except OSError:
            return frozenset()
        return names

    def _read(self, folder: bytes, name: bytes | None, most_bytes: int) -> bytes:
        if name is None:
            return b""
        path = folder + b"/" + name
        try:
            with self._sources.of(path).open(path) as file:
                small = file.identity.size <= most_bytes
                return os.pread(file.descriptor, most_bytes, 0) if small else b""
        except (FileError, OSError):
            return b""
