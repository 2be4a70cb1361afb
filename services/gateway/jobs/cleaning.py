"""Dropping jobs whose time is over: from `jobs`, for other systems, then from this replica's view."""

import asyncio
import logging
from dataclasses import dataclass

from libs.common.errors import UnavailableError
from libs.common.kafka.publisher import Publisher
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
        ended = await self.jobs.view.ask(retention.ended_ids, before)
        for start in range(0, len(ended), AT_ONCE):
            await self.publisher.publish([tombstone(job_id) for job_id in ended[start : start + AT_ONCE]])
        await self.jobs.view.forget(before)
