"""What a job has to obey: people's commands, its collection's fate, an error that no file escapes."""

from libs.common import events
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.endings import CANCELLED, Ending, ending_of
from services.scanner.jobs.projection import Projected
from services.scanner.wiring import Wiring


class Orders:
    """Whether a job runs, is paused, or ends early; once it ends, nothing else is heard."""

    def __init__(self, record: JobRecord, projected: Projected, wiring: Wiring) -> None:
        self._record = record
        self._projected = projected
        self._wiring = wiring
        self._state: str = "running"
        self.ending: Ending | None = None

    @property
    def running(self) -> bool:
        """Whether files may be emitted."""
        return self._state == "running"

    def take_up(self) -> None:
        """Go on in the state that the job's events leave it in."""
        self._state = self._projected.job.state

    def end(self, ending: Ending) -> None:
        """End the job early."""
        self.ending = self.ending or ending

    async def check(self) -> None:
        """Take in what was ordered since, and report a change of state."""
        if self.ending is not None:
            return
        self.ending = ending_of(self._record, self._wiring.control) or self._projected.ending
        if self.ending is not None:
            return
        command = self._wiring.control.command(self._record.job_id)
        match command.action if command else "resume":
            case "cancel":
                self.ending = CANCELLED
                await self._change_state("cancelling")
            case "pause":
                await self._change_state("paused")
            case _:
                await self._change_state("running")

    async def _change_state(self, state: events.LiveState) -> None:
        if state != self._state:
            self._state = state
            await self._wiring.outbox.tell(events.StateChanged(job_id=self._record.job_id, state=state))
