"""How many records go to a worker at once: as many as it does in a short time."""

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
