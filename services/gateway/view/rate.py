"""How fast a job goes now: a count that forgets."""

from math import exp

from msgspec import Struct

HALF_MINUTE = 30.0


class Rate(Struct, frozen=True):
    """Files a second, weighing what happened `t` seconds ago with exp(-t / 30).

    `weight` is the forgetful count as of `at`; `since` is when counting began. Times in seconds.
    """

    weight: float = 0.0
    at: float = 0.0
    since: float = 0.0

    def after(self, files: int, at: float) -> "Rate":
        """The rate once `files` more were done at `at`; an earlier time than the last counts as the last."""
        if self.since == 0.0:
            return Rate(float(files), at, at)
        at = max(at, self.at)
        return Rate(self._faded(at) + files, at, self.since)

    def per_second(self, now: float) -> float:
        """The rate as of `now`, corrected for a job younger than its memory; 0 before anything was done."""
        now = max(now, self.at)
        memory = HALF_MINUTE * (1 - exp(-max(now - self.since, 1.0) / HALF_MINUTE))
        return self._faded(now) / memory

    def _faded(self, at: float) -> float:
        return self.weight * exp((self.at - at) / HALF_MINUTE)
