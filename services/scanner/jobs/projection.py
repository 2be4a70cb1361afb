"""The running job's projection, as far as its events were read."""

from libs.common.events import JobEvent, Outcome, Outcomes, Rejected
from libs.common.projection import JobProjection, project
from services.scanner.jobs.endings import Ending


class Projected:
    """Holds the projection that the parts of a running job read; outcomes are handed on, not kept."""

    def __init__(self, seal: str | None = None) -> None:
        """`seal`: the job's own, whatever its events say."""
        self.job = JobProjection(seal=seal)

    def fold(self, event: JobEvent) -> tuple[Outcome, ...]:
        """Take in the job's next event; the outcomes in it. Nothing counts after the first terminal one."""
        # Another request under the job's id may be refused at any time.
        if self.job.is_over or isinstance(event, Rejected):
            return ()
        self.job = project(self.job, event)
        return event.items if isinstance(event, Outcomes) else ()

    @property
    def ending(self) -> Ending | None:
        """How an error that no file escapes ends the job, if one was reported."""
        return None if self.job.code is None else Ending("failed", self.job.code, self.job.error)
