"""The job that fills a collection with another model's vectors, and the switch at its end."""

from libs.common.control import Holding, switched
from libs.common.events import Counts
from libs.common.kafka.outgoing import fact
from services.scanner.jobs.changelog import JobRecord
from services.scanner.outbox import until_available
from services.scanner.wiring import Wiring


class Filling:
    """What the end of a job means for its collection, if the job fills it for another model."""

    def __init__(self, record: JobRecord, wiring: Wiring) -> None:
        self._record = record
        self._wiring = wiring

    @property
    def is_one(self) -> bool:
        """Whether the job goes through all points of a collection to fill it."""
        return self._record.source is not None and self._filling() is not None

    async def end(self, counts: Counts, *, without_file: int) -> None:
        """Switch the collection to what was filled, if nothing of it would be missing there.

        `without_file` counts points that name no file. Doing it again changes nothing.
        """
        if self._record.source is None or counts.failed or without_file:
            return
        wiring = self._wiring
        await until_available(wiring.control.refresh, wiring.health)
        state = wiring.control.collection(self._record.collection or "")
        if state is not None and self._filling() is not None:
            await wiring.outbox.send([fact(switched(state))])
            await until_available(wiring.control.refresh, wiring.health)

    def _filling(self) -> Holding | None:
        """What it fills: it was made for it, or is the retry of the job that was."""
        record = self._record
        state = self._wiring.control.collection(record.collection or "")
        filling = None if state is None else state.filling
        jobs = (record.job_id, str(record.request.retry_of))
        return filling if filling is not None and filling.job_id in jobs else None
