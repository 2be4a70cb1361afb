"""How the cache lies on disk: text keys and bytes values, inside SQLite, never a pickle."""

from typing import Any

import diskcache
from diskcache.core import MODE_RAW

INLINE_BYTES = 1 << 20
"""Values below this lie in the database itself; ours are 10 to 60 KB."""

OPTIONS: dict[str, Any] = {
    "eviction_policy": "least-recently-stored",  # the only one whose reads write nothing
    "disk_min_file_size": INLINE_BYTES,
    "sqlite_cache_size": 1024,  # pages; each decoder process has its own
    "sqlite_mmap_size": 0,
    "cull_limit": 0,  # within a transaction it would throw out far too much: freed pages count until the end
}


class BytesDisk(diskcache.Disk):  # type: ignore[misc] # diskcache is untyped
    """Refuses to write or read anything that would have to be unpickled.

    A cache directory may have been left, or planted, by somebody else: unpickling would run their code.
    """

    def put(self, key: object) -> Any:
        """The database's form of a key; TypeError unless it is text."""
        if not isinstance(key, str):
            raise TypeError(f"cache keys are text, not {type(key).__name__}")
        return super().put(key)

    def get(self, key: Any, raw: bool) -> Any:
        """The key that lies in the database; ValueError unless it is text."""
        if not raw or not isinstance(key, str):
            raise ValueError("a key in the cache is not text")
        return key

    def store(self, value: object, read: bool, key: object = diskcache.UNKNOWN) -> Any:
        """The database's form of a value; TypeError unless it is bytes."""
        if not isinstance(value, bytes) or read:
            raise TypeError(f"cache values are bytes, not {type(value).__name__}")
        return super().store(value, read, key=key)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> bytes:
        """The value that lies in the database; ValueError unless it is bytes."""
        if mode != MODE_RAW or filename is not None or read or not isinstance(value, bytes):
            raise ValueError("a value in the cache is not bytes")
        return value
