"""The folder that holds every collection, and which process owns it."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from libs.common.errors import Code, SluiceError
from libs.common.points.field import Index
from libs.common.runtime.disk import has_room, no_room
from libs.common.runtime.lock import DirLock
from libs.common.store.engine.building import build, copy
from libs.common.store.engine.residence import release
from libs.common.store.engine.room import NEEDED_BYTES
from libs.common.store.engine.shape import read_name, read_shape, write_shape
from libs.common.store.engine.shard import Closed, Shard
from libs.common.store.engine.warming import Warming
from libs.common.store.names import check_new, exists, folder_of, is_mapped, not_found
from libs.common.store.protocol import CollectionInfo, Shape
from sluice.names import is_name

_SHARD = "shard"
_PASSING = "."
"""Names of folders that are being made or removed begin with this; no collection's can."""
KEPT_OPEN = 32
"""Collections that stay open. Each has two threads of the engine's, its indexes in memory, and 320 to 600
maps of files, of which a process may have 65,530.
"""
MOST_OPEN = 2 * KEPT_OPEN
"""Collections open at once: beyond KEPT_OPEN they are closed while no call waits, beyond this at once."""

RESIDENT = 8
"""Collections whose pages stay in memory after they were opened, 174 MB each, until no call waits."""


class Root:
    """All collections under one folder. One process at a time; not safe for several threads; blocks."""

    def __init__(self, folder: Path, lock_patience_seconds: float, indexes: Mapping[str, Index]) -> None:
        """Take the folder; SluiceError data_dir_busy if another process keeps it."""
        self._folder = folder
        self._indexes = indexes
        self._lock = DirLock(folder)
        self._lock.acquire(lock_patience_seconds)
        self._open: dict[str, Shard] = {}
        """The one that was used last is the last."""
        self._resident: list[Path] = []
        """Of those that were opened since the last `_release`."""
        self._closed: dict[str, Closed] = {}
        self._templates: dict[Shape, Path] = {}
        self._warming = Warming()
        for left_over in folder.glob(f"{_PASSING}*/"):
            shutil.rmtree(left_over)

    def close(self) -> None:
        """Close every collection and give the folder up."""
        self._warming.close()
        for shard in self._open.values():
            shard.close()
        self._open.clear()
        self._lock.release()

    def names(self) -> list[str]:
        """The collections, sorted."""
        found = (read_name(each) if is_mapped(each.name) else each.name for each in self._folder.glob("*/"))
        return sorted(name for name in found if name is not None and is_name(name))

    def create(self, name: str, shape: Shape) -> None:
        """Make an empty collection, which is there entirely or not at all."""
        check_new(name)
        if name in self.names():
            raise exists(name)
        building = self._passing()
        building.mkdir()
        write_shape(building, name, shape)
        copy(self._template(shape), building / _SHARD)
        self._rename(building, self._folder / folder_of(name))

    def delete(self, name: str) -> None:
        """Remove a collection, a damaged one too; after a crash in the middle it is gone all the same."""
        if name not in self.names():
            raise not_found(name)
        self._closed.pop(name, None)
        if (shard := self._open.pop(name, None)) is not None:
            shard.close()
        leaving = self._passing()
        self._rename(self._folder / folder_of(name), leaving)
        shutil.rmtree(leaving)

    def shard(self, name: str) -> Shard:
        """The open shard of a collection; SluiceError collection_not_found."""
        shard = self._open.pop(name, None)
        if shard is None:
            while len(self._open) >= MOST_OPEN:
                self._close_least_used()
            shard = self._load(name)
        self._open[name] = shard
        return shard

    def info(self, name: str) -> CollectionInfo:
        """The shape and the counts of a collection, which is not opened for them if it was before."""
        closed = self._closed.get(name)
        return self.shard(name).info() if closed is None else closed.info

    def tidy(self) -> None:
        """Flush and compact what was written since the last time, and close one that is not needed open."""
        self._release()
        for shard in self._open.values():
            shard.tidy()
        if len(self._open) > KEPT_OPEN:
            self._close_least_used()

    def _close_least_used(self) -> None:
        name, shard = next(iter(self._open.items()))
        self._closed[name] = shard.known()
        del self._open[name]
        shard.close()

    def _load(self, name: str) -> Shard:
        folder = self._folder / folder_of(name)
        if not is_name(name) or not folder.is_dir():
            raise not_found(name)
        try:
            closed = self._closed.pop(name, None)
            shard = Shard.load(name, read_shape(folder), self._indexes, folder / _SHARD, closed)
        except SluiceError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            # The engine's panics are no Exceptions.
            raise self._unusable(folder, error) from error
        if len(self._open) < KEPT_OPEN:  # one of so many is soon closed again
            self._warming.begin(folder / _SHARD)
        self._resident.append(folder)
        if len(self._resident) >= RESIDENT:
            self._release()
        return shard

    def _release(self) -> None:
        if self._resident:
            release(self._resident)
            self._resident.clear()

    def _unusable(self, folder: Path, error: BaseException) -> SluiceError:
        if not has_room(folder, NEEDED_BYTES):
            return no_room(self._folder)
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return SluiceError(
            Code.INTERNAL,
            f"collection '{folder.name}' is damaged and cannot be opened: delete it, or put {folder} aside, "
            f"and ingest its photos again ({reason})",
        )

    def _template(self, shape: Shape) -> Path:
        """An empty shard of this shape; the first one takes a second, further ones are copies of it."""
        if shape not in self._templates:
            template = self._passing()
            build(shape, self._indexes, template)
            self._templates[shape] = template
        return self._templates[shape]

    def _passing(self) -> Path:
        return self._folder / f"{_PASSING}{uuid4()}"

    def _rename(self, source: Path, target: Path) -> None:
        source.rename(target)
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
