"""How many images the device takes at once: found by doubling, lowered when its memory ends."""

import time
from collections.abc import Callable, Sequence
from typing import Any

Compute = Callable[[Sequence[Any]], object]

MOST = 1024
ENOUGH = 0.95
"""The share of the best rate that a smaller batch must reach to be preferred."""
BUDGET_S = 3.0
_GAIN = 1.02
_TRIES = 2
"""A doubling that gains less than 2 % that many times in a row is the last."""


class BatchSize:
    """Images a batch. `limit` is what counts now; `too_much` lowers it for good."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def too_much(self, images: int) -> None:
        """The device ran out of memory with that many."""
        self.limit = max(1, min(self.limit, images // 2))


def best_batch(
    compute: Compute, sample: Any, most: int = MOST, clock: Callable[[], float] = time.perf_counter
) -> int:
    """The smallest batch that is about as fast, an image, as any; `compute` may raise MemoryError.

    Each size is computed twice, and the second one counts: the first one allocates. No size is tried that
    would take longer than what is left of BUDGET_S.
    """
    until = clock() + BUDGET_S
    rates: dict[int, float] = {}
    size, best, idle = 1, 0.0, 0
    while size <= most and idle < _TRIES:
        try:
            rates[size] = _rate(compute, [sample] * size, clock)
        except MemoryError:
            break
        idle = 0 if rates[size] > best * _GAIN else idle + 1
        best = max(best, rates[size])
        size *= 2
        if clock() + 2 * size / best > until:
            break
    return next((size for size, rate in rates.items() if rate >= ENOUGH * best), 1)


def _rate(compute: Compute, batch: Sequence[Any], clock: Callable[[], float]) -> float:
    compute(batch)
    begun = clock()
    compute(batch)
    return len(batch) / max(clock() - begun, 1e-9)
