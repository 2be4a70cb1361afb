"""Payloads of a collection that is opened, brought into the page cache.

As it opens a shard the engine has the system forget its payload files; each page of 4 KB is then fetched by
itself when it is first read: a search for 20 hits waited for 47 of them, 5 of its 8 ms.
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from libs.common.runtime.memory import available_bytes
from libs.common.store.engine.holes import PART_BYTES, parts_with_data

log = logging.getLogger(__name__)

_FILES = "segments/*/payload_storage/*.dat"


class Warming:
    """Reads the payload files of shards, one after the other, in a thread of its own."""

    def __init__(self) -> None:
        self._closed = Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="warming")

    def begin(self, shard: Path) -> None:
        """Read the files of the shard in this folder once its turn comes."""
        self._pool.submit(self._warm, shard)

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _warm(self, shard: Path) -> None:
        try:
            self.read(shard, available_bytes() // 2)
        except OSError as error:
            # It is deleted by now, or what cannot be read is said by the call that needs it.
            log.debug("%s is not read in advance: %s", shard, error)

    def read(self, shard: Path, most: int) -> int:
        """Read the shard's payloads, if they take `most` bytes of the disk at most; how many were read."""
        files = sorted(shard.glob(_FILES))
        if sum(512 * file.stat().st_blocks for file in files) > most:
            return 0
        part = bytearray(PART_BYTES)
        return sum(self._read(file, part) for file in files)

    def _read(self, file: Path, part: bytearray) -> int:
        count = 0
        with file.open("rb", buffering=0) as opened:
            for start in parts_with_data(opened.fileno()):
                if self._closed.is_set():
                    break
                count += os.preadv(opened.fileno(), [part], start)
        return count
