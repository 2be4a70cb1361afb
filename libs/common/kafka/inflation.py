"""A bound on what fetched records may inflate to: a record of 20 KB may hold 200 MB.

aiokafka decompresses a batch whole, whatever its size, and has no setting for it. So its decompression is
replaced by one with a limit, and a batch beyond that by a single record that no reader can decode, which
becomes a dead letter. Batches of ours hold less than 1 MB.
"""

import logging
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import cramjam
from aiokafka.consumer import fetcher
from aiokafka.record import default_records as plain_records
from aiokafka.record.memory_records import MemoryRecords

log = logging.getLogger(__name__)

LARGEST_BATCH_BYTES = 16 * 1024 * 1024
"""Also what one fetch of a partition gives, together: what is left is fetched again."""
_GZIP = 16 + zlib.MAX_WBITS
_LEFT_OUT = "left out: records that inflate to more than 16 MB"


class InflatedError(Exception):
    """A batch is larger than it may be."""


@dataclass(frozen=True, slots=True)
class _StandIn:
    """In place of the records of a batch, at the offset of its last one."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: None = None
    value: bytes = _LEFT_OUT.encode()
    headers: tuple[()] = ()
    checksum: None = None


class _BoundedBatch:
    """A compressed batch; its records, or the one that stands for them."""

    def __init__(self, batch: Any, inflated: Callable[[int], None]) -> None:
        self._batch = batch
        self._inflated = inflated

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        _Size.last = 0
        try:
            return iter(self._batch)
        except InflatedError:
            batch = self._batch
            log.warning("offsets %d to %d are %s", batch.base_offset, batch.next_offset - 1, _LEFT_OUT)
            return iter((_StandIn(batch.next_offset - 1, batch.max_timestamp, batch.timestamp_type),))
        finally:
            self._inflated(_Size.last)


class BoundedRecords:
    """What was fetched of a partition; ends early where it inflates to more than LARGEST_BATCH_BYTES."""

    def __init__(self, fetched: bytes) -> None:
        self._records = MemoryRecords(fetched)
        self._left = LARGEST_BATCH_BYTES

    def size_in_bytes(self) -> int:
        """Of what was fetched, compressed."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether a batch follows that is to be read now."""
        return self._left > 0 and self._records.has_next()

    def next_batch(self) -> Any:
        """The next batch."""
        batch = self._records.next_batch()
        return _BoundedBatch(batch, self._take) if getattr(batch, "compression_type", 0) else batch

    def _take(self, size: int) -> None:
        self._left -= size


class _Size:
    """Of what was decompressed last."""

    last = 0


def bound_inflation() -> None:
    """Have every consumer of this process read so from now on."""
    if fetcher.MemoryRecords is BoundedRecords:
        return
    fetcher.MemoryRecords = BoundedRecords
    used: Any = import_module(plain_records.DefaultRecordBatch.__module__)
    used.gzip_decode = _gzip
    used.lz4_decode = _into(cramjam.lz4.decompress_into)
    used.zstd_decode = _into(cramjam.zstd.decompress_into)
    # Snappy gives 21 times its size at most.


def _gzip(payload: Any) -> bytes:
    rest, found = bytes(payload), bytearray()
    while rest and len(found) <= LARGEST_BATCH_BYTES:
        member = zlib.decompressobj(_GZIP)
        found += member.decompress(rest, LARGEST_BATCH_BYTES + 1 - len(found))
        rest = member.unused_data
        if not member.eof and not member.unconsumed_tail:
            break
    return _sized(bytes(found))


def _into(decompress: Callable[[Any, Any], int]) -> Callable[[Any], bytes]:
    def bounded(payload: Any) -> bytes:
        # Memory that is not written to is not taken.
        room = bytearray(LARGEST_BATCH_BYTES + 1)
        try:
            size = decompress(payload, room)
        except cramjam.DecompressionError as error:
            if "whole buffer" in str(error):
                raise InflatedError from error
            raise
        return _sized(bytes(memoryview(room)[:size]))

    return bounded


def _sized(found: bytes) -> bytes:
    if len(found) > LARGEST_BATCH_BYTES:
        raise InflatedError
    _Size.last = len(found)
    return found
