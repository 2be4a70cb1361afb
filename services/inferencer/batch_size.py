"""How many images a request should hold: learned as TCP learns its window."""

from collections.abc import Sequence
from math import ceil
from typing import TypeVar

ItemT = TypeVar("ItemT")


class BatchSize:
    """At most what is configured and what the service calls safe; halved when that proves too much.

    With each request that passes it grows again, by an eighth.
    """

    def __init__(self, configured: int) -> None:
        self._configured = configured
        self._learned: int | None = None

    def limit(self, safe: int) -> int:
        """Images a request, for a service that reports `safe`."""
        most = min(self._configured, max(1, safe))
        return most if self._learned is None else min(most, self._learned)

    def too_much(self, images: int) -> None:
        """A request of that many failed for its size."""
        self._learned = max(1, images // 2)

    def passed(self, images: int, safe: int) -> None:
        """A request of that many passed."""
        if self._learned is None or 2 * images < self._learned:
            return
        self._learned += max(1, self._learned // 8)
        if self._learned >= min(self._configured, safe):
            self._learned = None


def pieces(items: Sequence[ItemT], limit: int) -> list[Sequence[ItemT]]:
    """`items` in order, in as few pieces of at most `limit` as do, all about equally long."""
    if not items:
        return []
    size = ceil(len(items) / ceil(len(items) / limit))
    return [items[start : start + size] for start in range(0, len(items), size)]


def halves(items: Sequence[ItemT]) -> list[Sequence[ItemT]]:
    """Two or more items in two halves."""
    return pieces(items, ceil(len(items) / 2))
