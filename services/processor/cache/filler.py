"""What ml-results say goes into the cache, any file it was: so the caches of all replicas converge."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from libs.common import messages
from libs.common.errors import SluiceError
from libs.common.messages import PointRecord
from services.processor.cache.cache import Cache, CacheUnwritableError
from services.processor.cache.entries import Entry

log = logging.getLogger(__name__)


class RawRecord(Protocol):
    """A record as the broker gives it; `timestamp` is in milliseconds since the epoch."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """When the broker took it on."""

    @property
    def value(self) -> bytes | None:
        """Its body."""


class Filler:
    """Stores batches of one topic's records, and how far it got, in one transaction each."""

    def __init__(self, cache: Cache, source: str) -> None:
        self._cache = cache
        self._source = source

    def offsets(self) -> dict[int, int]:
        """By partition, the offset to read on from."""
        return self._cache.offsets(self._source)

    def fill(self, records: Mapping[int, Sequence[RawRecord]]) -> None:
        """Store what the records of each partition say. It never fails: a cache may miss something."""
        following = {partition: batch[-1].offset + 1 for partition, batch in records.items() if batch}
        new = [entry for batch in records.values() for entry in _entries(batch)]
        try:
            self._cache.put_many(new, self._source, following)
        except CacheUnwritableError as error:
            log.warning("%d results are not cached: %s", len(new), error)


def _entries(batch: Sequence[RawRecord]) -> Iterator[Entry]:
    """What cannot be decoded is the upserter's to report."""
    for record in batch:
        try:
            point = messages.decode(record.value or b"", PointRecord)
        except SluiceError as error:
            log.debug("offset %d is not cached: %s", record.offset, error.detail)
            continue
        yield Entry(
            content=point.content,
            inference=point.inference,
            captioned=point.file.caption or point.inference.caption is not None,
            # The broker's time: read again after a restart, a result is no younger than it was.
            stored_at=record.timestamp / 1000,
        )
