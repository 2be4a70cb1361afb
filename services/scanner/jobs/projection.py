"""What a job's events tell of it, so far: folded by offset, the same whoever folds them."""

from dataclasses import dataclass

from libs.common import events
from libs.common.events import Outcome
from services.scanner.worker import Ending


@dataclass(slots=True)
class JobProjection:
    """One job as its events have it; outcomes are handed on, everything else is kept."""

    accepted: bool = False
    found: int = 0
    state: str = "running"
    error: Ending | None = None
    finished: events.Finished | None = None

    def fold(self, event: events.JobEvent) -> tuple[Outcome, ...]:
        """Take in the job's next event; the outcomes in it. Nothing counts after the first terminal one."""
        if self.finished is not None:
            return ()
        match event:
            case events.Outcomes(items=items):
                return items
            case events.Accepted():
                self.accepted = True
            case events.Listed(found=found):
                self.found = max(self.found, found)
            case events.StateChanged(state=state):
                self.state = state
            case events.JobError(code=code, error=error):
                self.error = self.error or Ending("failed", code, error)
            case events.Finished():
                self.finished = event
        return ()
