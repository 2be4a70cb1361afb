"""The cache's writing side: one process, one thread. Everything in it can be made again."""

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import diskcache
import msgspec

from libs.common.errors import Code, SluiceError
from libs.common.runtime.disk import is_damage, needing_room
from services.processor.cache import entries
from services.processor.cache.bytes_disk import OPTIONS, BytesDisk
from services.processor.cache.entries import Entry

log = logging.getLogger(__name__)
T = TypeVar("T")

_BUSY_SECONDS = 30.0


class CacheUnwritableError(Exception):
    """The cache is sound but cannot be written now: locked for long, or the disk is full."""


class Cache:
    """Entries by content, model and caption, and how far the topics that they come from have been read.

    All calls must come from the thread that made it. A damaged directory is thrown away and started again,
    with a line in the log. Raises SluiceError bad_setting where the directory cannot be used at all, and
    UnavailableError disk_full where there is no room to open it.
    """

    def __init__(self, directory: Path, size_bytes: int) -> None:
        self._directory = directory
        self._size_bytes = size_bytes
        try:
            self._cache = self._open()
        except (sqlite3.DatabaseError, ValueError) as error:
            if not is_damage(error):
                raise
            self._cache = self._rebuilt(error)

    def put_many(self, new: Iterable[Entry], source: str, offsets: Mapping[int, int]) -> None:
        """Store entries and, in the same transaction, where to read on in each partition of `source`.

        Raises CacheUnwritableError, having stored nothing.
        """
        values = {entries.key_of_entry(entry): entries.encode(entry) for entry in new}

        def write() -> None:
            # Written again each time, so that it is never among the oldest, which are evicted.
            known = self._offsets(source) | dict(offsets)
            with self._cache.transact():
                for key, value in values.items():
                    self._cache.set(key, value)
                self._cache.set(_offsets_key(source), msgspec.msgpack.encode(known))
            self._cache.cull()

        self._or_rebuild(write)

    def offsets(self, source: str) -> dict[int, int]:
        """By partition of `source`, the offset to read on from."""
        return self._or_rebuild(lambda: self._offsets(source))

    def close(self) -> None:
        """Release the database."""
        self._cache.close()

    def _offsets(self, source: str) -> dict[int, int]:
        value = self._cache.get(_offsets_key(source))
        return {} if value is None else msgspec.msgpack.decode(value, type=dict[int, int])

    def _or_rebuild(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except (sqlite3.DatabaseError, ValueError) as error:
            if not is_damage(error):
                raise CacheUnwritableError(str(error)) from error
            self._cache.close()
            self._cache = self._rebuilt(error)
            return call()
        except diskcache.Timeout as error:
            raise CacheUnwritableError("locked by another process") from error

    def _open(self) -> Any:
        try:
            with needing_room(self._directory.parent):
                return diskcache.Cache(
                    str(self._directory),
                    timeout=_BUSY_SECONDS,
                    disk=BytesDisk,
                    size_limit=self._size_bytes,
                    **OPTIONS,
                )
        except diskcache.Timeout as error:
            raise SluiceError(
                Code.DATA_DIR_BUSY, f"the cache in {self._directory} is locked by another process"
            ) from error
        except OSError as error:
            raise SluiceError(
                Code.BAD_SETTING, f"the cache folder {self._directory} cannot be used: {error}"
            ) from error

    def _rebuilt(self, error: Exception) -> Any:
        log.warning("the cache in %s is damaged (%s) and starts again", self._directory, error)
        shutil.rmtree(self._directory, ignore_errors=True)
        return self._open()


def _offsets_key(source: str) -> str:
    return f"offsets:{source}"
