"""Finding files whose records were lost on the way, and sending them again.

That a group has no lag left says nothing: next to another job it always has some. So a wave follows the
records instead. Whatever was emitted before the wave began has, once each stage's group has committed past
what its topics held when the stage before was through, either an outcome on job-status or no record anywhere.
"""

import asyncio
import logging
import time
from collections import Counter

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from libs.common import events, stages
from libs.common.errors import Code, UnavailableError
from libs.common.kafka.offsets import Offsets, bounds, committed
from libs.common.kafka.outgoing import outcomes
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.endings import Ending
from services.scanner.jobs.files import left_over, path_record
from services.scanner.listing.entries import Spooled
from services.scanner.listing.spool import Spool
from services.scanner.wiring import Wiring

log = logging.getLogger(__name__)

MOST_WAVES = 3
LONGEST_LOOK_S = 2.0
PAGE = events.MAX_ITEMS


class Waves:
    """Looks for the lost files of one job whenever it has been quiet for too long."""

    def __init__(self, record: JobRecord, spool: Spool, wiring: Wiring) -> None:
        self._record = record
        self._spool = spool
        self._wiring = wiring
        self._tries: Counter[str] = Counter()
        self._received_at = time.monotonic()
        self._quiet_s = wiring.settings.scanner_quiet_seconds
        self._look_s = min(LONGEST_LOOK_S, self._quiet_s / 4)

    def received(self) -> None:
        """An outcome came."""
        self._received_at = time.monotonic()

    async def watch(self) -> None:
        """Send a wave after every quiet time, until cancelled."""
        while True:
            await asyncio.sleep(self._look_s)
            if self._spool.in_flight and time.monotonic() - self._received_at >= self._quiet_s:
                await self._look()
                self.received()

    async def _look(self) -> None:
        try:
            await self._wave(time.monotonic())
        except (KafkaError, UnavailableError) as error:
            log.info("job %s: the search for lost files is left to the next: %s", self._record.job_id, error)

    async def _wave(self, began: float) -> None:
        async with self._wiring.connection.admin() as admin:
            for stage in stages.file_stages(describing=self._record.adds):
                _, last = await bounds(admin, self._wiring.connection, stage.inputs)
                await self._passed(admin, stage.name, last)
        await self._wiring.status.caught_up(self._record.job_id)
        after = None
        while page := await asyncio.to_thread(self._spool.under_way, PAGE, after, began):
            await self._again(page)
            after = page[-1]

    async def _passed(self, admin: AIOKafkaAdminClient, stage: str, ends: Offsets) -> None:
        """Wait until the stage's group has taken all before `ends`: as long as the stage itself waits."""
        while True:
            taken = await committed(admin, self._wiring.connection, stage)
            if all(taken.get(tp, 0) >= end for tp, end in ends.items()):
                return
            await asyncio.sleep(self._look_s)

    async def _again(self, files: list[Spooled]) -> None:
        """Send them once more; those that were lost too often fail."""
        self._tries.update(file.file_id for file in files)
        given_up = [file for file in files if self._tries[file.file_id] > MOST_WAVES]
        again = [file for file in files if self._tries[file.file_id] <= MOST_WAVES]
        log.warning("job %s: %d files were lost on the way, sent again", self._record.job_id, len(again))
        await self._wiring.outbox.send([path_record(self._record, file) for file in again])
        lost = Ending(
            "failed", Code.LOST_IN_PIPELINE, f"Its record was lost {MOST_WAVES + 1} times on the way"
        )
        await self._wiring.outbox.send(
            outcomes((self._record.job_id, left_over(self._record, file, lost)) for file in given_up)
        )
