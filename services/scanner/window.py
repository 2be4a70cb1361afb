"""How many files of a job may be under way: credit that grows with the rate of outcomes."""

from collections import deque

CEILING = 2048
"""Files in flight of one job, at most. It is reached at 700 files a second: others wait 3 s for those."""
HORIZON_S = 3.0
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
