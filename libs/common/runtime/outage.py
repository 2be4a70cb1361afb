"""Saying once that something is away, and once that it is back."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outage:
    """Whether something is away; two lines in the log for each time that it is."""

    clock: Callable[[], float] = time.monotonic
    _since: float | None = field(default=None, init=False)

    level: int = logging.WARNING
    """Of both lines; lower while it is no news that something is not there yet, as at a start."""

    def gone(self, sentence: str, *, logged: bool = True) -> None:
        """It is away. The first call since it was back logs `sentence`, unless that was logged elsewhere."""
        if self._since is None:
            self._since = self.clock()
            if logged:
                log.log(self.level, "%s", sentence)

    def back(self, sentence: str) -> None:
        """It is there. Logs `sentence` with how long it was away, if it was."""
        if self._since is not None:
            log.log(self.level, "%s, after %.1f s", sentence, self.clock() - self._since)
            self._since = None
