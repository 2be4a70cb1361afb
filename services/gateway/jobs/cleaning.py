"""Dropping jobs whose time is over: from `control` and `jobs`, then from this replica's view."""

import asyncio
import logging
from dataclasses import dataclass

from libs.common.errors import UnavailableError
from libs.common.kafka.outgoing import forgotten
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.records import tombstone
from services.gateway.view import retention

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Every replica cleans for itself: a tombstone that is written twice says the same."""

    jobs: JobReader
    publisher: Publisher
    control: ControlTable

    async def run(self) -> None:
        """Clean again and again until cancelled."""
        while True:
            try:
                await self.clean()
            except UnavailableError as error:
                log.warning("old jobs are dropped later: %s", error.detail)
            await asyncio.sleep(EVERY_SECONDS)

    async def clean(self) -> None:
        """Drop the jobs that ended longer ago than they are kept. May raise UnavailableError."""
        before = self.jobs.kept_since
        await self._drop_commands(before)
        ended = await self.jobs.view.ask(retention.ended_ids, before)
        for start in range(0, len(ended), AT_ONCE):
            await self.publisher.publish([tombstone(job_id) for job_id in ended[start : start + AT_ONCE]])
        await self.jobs.view.forget(before)

    async def _drop_commands(self, before: float) -> None:
        """Drop what people asked of jobs and tasks that are over for so long.

        What is newer stays: it may be of a job that was sent again under the id of a dropped one.
        """
        commands = {each.job_id: each for each in self.control.commands() if each.at.timestamp() < before}
        over = await self.jobs.view.ask(retention.over, list(commands), before)
        facts = [forgotten(commands[job_id]) for job_id in sorted(over)]
        for start in range(0, len(facts), AT_ONCE):
            await self.publisher.publish(facts[start : start + AT_ONCE])
