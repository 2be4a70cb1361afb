"""Reading the files that lie next to photos and describe them; decoders understand them."""

import os

from msgspec import structs

from libs.common.errors import FileError
from libs.common.imaging.metadata import limits
from libs.common.sources.entries import Described
from libs.common.sources.sidecars import takeout_of, xmp_of
from libs.common.sources.source import Part
from libs.common.sources.sources import Sources
from services.processor.decoding.inspection import Request
from sluice.files.formats import suffix_of

_MOST_BYTES = {".xmp": limits.XMP_BYTES, ".json": limits.TAKEOUT_BYTES}
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

    def fetched(self, request: Request) -> Request:
        """The same for an object: what was listed next to it, each by one get of its listed size. Blocks."""
        folder = request.path.rpartition(b"/")[0]
        found = {suffix_of(each.name): self._fetched(folder, each) for each in request.described_by}
        return structs.replace(request, xmp=found.get(".xmp", b""), takeout=found.get(".json", b""))

    def _fetched(self, folder: bytes, described: Described) -> bytes:
        path = folder + b"/" + described.name
        if described.size > _MOST_BYTES.get(suffix_of(path), 0):
            return b""
        try:
            with self._sources.of(path).open(path, part=Part(0, described.size)) as file:
                return os.pread(file.descriptor, described.size, 0)
        except (FileError, OSError):
            return b""

    def _names(self, folder: bytes) -> _Names:
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - paths are bytes
            known, at, names = self._last
            if (known, at) != (folder, changed):
                listed = os.listdir(folder)  # noqa: PTH208 - as above
                names = frozenset(name for name in listed if suffix_of(name) in _MOST_BYTES)
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
