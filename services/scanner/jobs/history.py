"""Looking up jobs of the past: their records in `scans`, their outcomes in job-status."""

import logging
from collections.abc import AsyncIterator

from libs.common import events
from libs.common.errors import SluiceError
from libs.common.events import Outcome
from libs.common.kafka.connection import Connection
from libs.common.kafka.tables.table import read_limit
from libs.common.kafka.tables.tail import Tail
from libs.common.topics import JOB_STATUS, SCANS, Topic
from services.scanner.jobs import changelog
from services.scanner.jobs.changelog import JobRecord

log = logging.getLogger(__name__)


async def find_job(connection: Connection, job_id: str) -> JobRecord | None:
    """The latest record of a job, whichever scanner has it."""
    found: JobRecord | None = None
    async with read_limit():
        async for value in _values(connection, SCANS, None, job_id):
            try:
                found = None if value is None else changelog.decode(value)
            except SluiceError as error:
                log.warning("a record of job %s in %s is skipped: %s", job_id, SCANS.name, error.detail)
    return found


async def earlier_outcomes(connection: Connection, record: JobRecord) -> AsyncIterator[list[Outcome]]:
    """The outcomes of a job in the order of its events, up to now."""
    starts = {record.status_partition: record.status_offset}
    async for value in _values(connection, JOB_STATUS, starts, record.job_id):
        try:
            event = events.decode_event(value or b"")
        except SluiceError:
            # No one could read it then either: it told of no outcome.
            continue
        if isinstance(event, events.Outcomes):
            yield list(event.items)


async def _values(
    connection: Connection, topic: Topic, starts: dict[int, int] | None, job_id: str
) -> AsyncIterator[bytes | None]:
    """The values of the job's records, from `starts` (None: everything) to the topic's present end."""
    key = job_id.encode()
    async with Tail.open(connection, topic) as tail:
        tail.follow(dict.fromkeys(await tail.partitions(), 0) if starts is None else starts)
        ends = await tail.end_offsets(tail.followed)
        while not await tail.has_reached(ends):
            for records in (await tail.read(0.2)).values():
                for record in records:
                    if record.key == key:
                        yield record.value
