"""How many files of a job may be under way: credit that grows with the rate of outcomes."""

from collections import deque
from collections.abc import Iterable

CEILING = 65_536
"""Files in flight of one job, at most: reached at 22,000 files a second. Others wait HORIZON_S for them."""
HORIZON_S = 3.0
TRAVELLING_BYTES = 72_000
"""The most that a photo of any size has on its way to the model: a picture of its size, and a thumbnail."""
RECORD_BYTES = 2_000
"""What any file has on its way."""
LEAST_FLOOR = 64


def floor_for(ml_batch: int | None) -> int:
    """Two of the ML service's batches, so that the next is filled while one is worked on."""
    return max(LEAST_FLOOR, 2 * (ml_batch or 0))


def size(recent_outcomes: int, floor: int, total: int, active_jobs: int) -> int:
    """The window of a job that had `recent_outcomes` in the last HORIZON_S.

    clamp(rate x 3 s, floor, CEILING), and never more than the job's share of `total`, so that the windows
    of all active jobs together stay within it (each has one file at the least).
    """
    most = max(1, min(CEILING, total // max(1, active_jobs)))
    return max(min(floor, most), min(recent_outcomes, most))


class Weight:
    """How many bytes the files of a job have on their way, on average; before it knows any, the most."""

    def __init__(self) -> None:
        self._files = 0
        self._bytes = 0

    def add(self, sizes: Iterable[int]) -> None:
        """Files of these sizes in bytes were sent."""
        for size_ in sizes:
            self._files += 1
            self._bytes += RECORD_BYTES + min(size_, TRAVELLING_BYTES)

    def files_in(self, total_bytes: int) -> int:
        """How many such files have so many bytes under way, one at the least."""
        average = self._bytes / self._files if self._files else RECORD_BYTES + TRAVELLING_BYTES
        return max(1, int(total_bytes / average))


class Recent:
    """Counts what happened in the last HORIZON_S; times in seconds, never running backwards."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._sum = 0

    def add(self, now: float, count: int) -> None:
        """`count` more happened at `now`."""
        self._counts.append((now, count))
        self._sum += count
        self.sum(now)

    def sum(self, now: float) -> int:
        """How many happened within HORIZON_S before `now`."""
        while self._counts and self._counts[0][0] <= now - HORIZON_S:
            self._sum -= self._counts.popleft()[1]
        return self._sum
