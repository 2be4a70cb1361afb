"""When a library whose job failed is scanned again. Pure."""

from libs.common.events import FinalState

FIRST_S, LONGEST_S = 30.0, 3600.0
"""How long after a job that failed; each that fails after it waits twice as long as the one before."""


class Retrying:
    """A job that fails leaves changes unseen: of a store that was lost, or is there without its collections.

    Times are seconds of any clock that does not go back.
    """

    def __init__(self) -> None:
        self._wait_s = FIRST_S
        self._begun: str | None = None
        """The generation of the collection that the last job of all of it was requested for."""
        self._whole = False
        self._until: float | None = None

    def begun(self, generation: str | None, *, whole: bool) -> None:
        """A job is requested, for all or for some paths; None where there is no collection."""
        self._whole = whole
        if whole:
            self._begun = generation

    def ended(self, state: FinalState | None, now: float) -> None:
        """It has ended so; None where that is not known. Of some paths, it does not stand for all of them."""
        if state != "failed":
            if self._whole:
                self._until, self._wait_s = None, FIRST_S
            return
        self._until = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, LONGEST_S)

    def is_due(self, generation: str | None, now: float) -> bool:
        """Whether to scan all of it: enough time has passed, or its collection was made again."""
        if self._until is None:
            return False
        return now >= self._until or generation not in (self._begun, None)
