"""Looking up jobs of the past: their records in `scans`, their outcomes in job-status."""

import logging
from collections.abc import AsyncIterator

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.events import Outcome, ScanRequest
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.keyed import values
from libs.common.kafka.tables.table import read_limit
from libs.common.topics import JOB_STATUS, SCANS
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord

log = logging.getLogger(__name__)

AT_ONCE = 5000


async def find_job(connection: Connection, job_id: str) -> JobRecord | None:
    """The latest record of a job, whichever scanner has it."""
    found: JobRecord | None = None
    async with read_limit():
        async for value in values(connection, SCANS, job_id):
            try:
                found = None if value is None else changelog.decode(value)
            except SluiceError as error:
                log.warning("a record of job %s in %s is skipped: %s", job_id, SCANS.name, error.detail)
    return found


async def earlier_outcomes(connection: Connection, request: ScanRequest) -> AsyncIterator[list[Outcome]]:
    """The outcomes of the job that a request retries, in the order of its events, up to now.

    They are read from the request's `retry_from` on, or from the partition's beginning, and given AT_ONCE or
    more at a time, but for the last: on a busy machine each trip through a thread waits for its turn.
    """
    found: list[Outcome] = []
    async for value in values(connection, JOB_STATUS, str(request.retry_of), request.retry_from or 0):
        try:
            event = events.decode_event(value or b"")
        except SluiceError:
            # No one could read it then either: it told of no outcome.
            continue
        if isinstance(event, events.Outcomes):
            found += event.items
        if len(found) >= AT_ONCE:
            yield found
            found = []
    if found:
        yield found
