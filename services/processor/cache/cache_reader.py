"""Looking contents up in the cache, from any number of processes at once."""

import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

import diskcache

from services.processor.cache import entries
from services.processor.cache.bytes_disk import BytesDisk
from services.processor.cache.entries import Entry

log = logging.getLogger(__name__)

DATABASE = "cache.db"
_BUSY_SECONDS = 5.0


class CacheReader:
    """Reads the cache in a directory. A cache that is damaged, or not there yet, knows nothing.

    It belongs to one thread, which closes it. It notices when the cache was rebuilt under it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # As text: a Path would be joined and written out again for each file.
        self._database = str(directory / DATABASE)
        self._cache: Any = None
        self._inode = 0

    def find(self, sha256: str, model: str | None, captioned: bool, cleared_at: float) -> Entry | None:
        """The entry of this content and model that is not older than `cleared_at`.

        An entry with a caption also serves who wants none. No model: no entry.
        """
        if model is None:
            return None
        wanted = (True,) if captioned else (False, True)
        found = (self._entry(entries.key_of(sha256, model, with_caption)) for with_caption in wanted)
        return next((entry for entry in found if entry and entry.stored_at >= cleared_at), None)

    def close(self) -> None:
        """Release the database."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _entry(self, key: str) -> Entry | None:
        try:
            value = self._open()[key]
        except (KeyError, FileNotFoundError):
            return None
        except (sqlite3.Error, diskcache.Timeout, OSError, ValueError) as error:
            log.warning("the cache cannot be read, so the file is decoded: %s", error)
            self.close()
            return None
        return entries.decode(value)

    def _open(self) -> Any:
        """The cache that lies in the directory now."""
        inode = os.stat(self._database).st_ino  # noqa: PTH116
        if self._cache is None or inode != self._inode:
            self.close()
            self._cache = diskcache.Cache(str(self._directory), timeout=_BUSY_SECONDS, disk=BytesDisk)
            self._inode = inode
        return self._cache
