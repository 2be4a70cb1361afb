"""Which offsets may be committed: batches end in any order, commits may only move over what is done."""

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


class Progress(Generic[P]):
    """Per partition, the contiguous prefix of records that are done."""

    def __init__(self) -> None:
        self._open: dict[P, deque[int]] = {}
        self._done: dict[P, set[int]] = {}

    def took(self, partition: P, offsets: Iterable[int]) -> None:
        """These records, ascending and after all taken before, are now being worked on."""
        self._open.setdefault(partition, deque()).extend(offsets)
        self._done.setdefault(partition, set())

    def finished(self, records: Iterable[tuple[P, int]]) -> dict[P, int]:
        """These (partition, offset) records are done: per partition that moved, the offset to commit.

        That is the offset of the next record to read, as Kafka counts. Records of a partition that is no
        longer held are ignored.
        """
        touched: dict[P, None] = {}
        for partition, offset in records:
            if partition in self._open:
                self._done[partition].add(offset)
                touched[partition] = None
        moved = {partition: self._advance(partition) for partition in touched}
        return {partition: last + 1 for partition, last in moved.items() if last is not None}

    def forget(self) -> None:
        """The partitions were taken away."""
        self._open.clear()
        self._done.clear()

    def _advance(self, partition: P) -> int | None:
        """Drop the done prefix; the last offset of it, None if the first record is still open."""
        queue, done, last = self._open[partition], self._done[partition], None
        while queue and queue[0] in done:
            last = queue.popleft()
            done.discard(last)
        return last
