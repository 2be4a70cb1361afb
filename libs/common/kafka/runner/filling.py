"""How many records go to a worker at once, and when: once they are a full batch, or have waited for more."""

import time
from collections import Counter
from collections.abc import Collection
from typing import Generic

from libs.common.kafka.runner.batch import FILL_SECONDS, Batch, Input
from libs.common.messages import RecordT

_LOOK_SECONDS = 0.02
WITHIN_SECONDS = 0.1
"""What a batch may take: long enough to share its requests and its commit, short enough to flow."""


class Pace:
    """Between `least` and `most` records a batch: as many as the last one did in WITHIN_SECONDS."""

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = max(least, most)
        self.batch = least

    def took(self, count: int, seconds: float) -> None:
        """A batch of `count` records took `seconds`. A small one says little of how many more would do."""
        if 2 * count >= self.batch:
            possible = int(count * WITHIN_SECONDS / max(seconds, 1e-6))
            self.batch = min(max(self._least, possible), self._most, 2 * self.batch)


class Filling(Generic[RecordT]):
    """How long a batch waits to be filled, by what is `under_way` at that moment."""

    def __init__(self, source: Input[RecordT], pace: Pace, under_way: Collection[Batch[RecordT]]) -> None:
        self._input = source
        self._pace = pace
        self._under_way = under_way

    def due(self, batch: Batch[RecordT]) -> float:
        """When a batch starts though it is not full, by time.monotonic()."""
        fills = self._input.fills and self._under_way and not self._has_a_small_job(batch)
        return batch.opened + (FILL_SECONDS if fills else self._input.linger_s)

    def patience(self, batch: Batch[RecordT]) -> float:
        """Seconds to poll for more; what a batch waits for may also be the end of another."""
        left = max(0.0, self.due(batch) - time.monotonic())
        return min(left, _LOOK_SECONDS) if self._under_way else left

    def _has_a_small_job(self, batch: Batch[RecordT]) -> bool:
        """Whether a job in it must not wait until another, which has most of what is under way, fills it.

        Next to a batch that was not full either it gains nothing: that one ends soon, and small jobs that
        come all the time would have each its own small batch.
        """
        if all(len(other.places) < self._pace.batch for other in self._under_way):
            return False
        jobs = sum((other.keys for other in self._under_way), Counter[bytes | None]())
        large, most = jobs.most_common(1)[0]
        return 2 * most >= jobs.total() and any(job != large for job in batch.keys)
