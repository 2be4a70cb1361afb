"""Jobs as they change, as a stream of server-sent events."""

import asyncio
from collections.abc import AsyncIterator

from libs.common.errors import UnavailableError
from libs.common.runtime.service import pause
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.status import job_out

EVERY_SECONDS = 1.0
ALIVE_SECONDS = 15.0
"""A stream in which nothing happens says this often that it is there, or proxies would close it."""
NEWEST = 50


async def job_events(
    jobs: JobReader, stop: asyncio.Event, collection: str | None = None
) -> AsyncIterator[str]:
    """An event for each job that is watched, then for each that changed; ends at `stop`.

    Watched are the jobs that have not ended and the NEWEST ones. While Kafka is away, nothing comes.
    """
    sent: dict[str, int] = {}
    clock = asyncio.get_running_loop().time
    last = clock()
    yield "retry: 2000\n\n"
    while not stop.is_set():
        for event in await _changed(jobs, sent, collection):
            last = clock()
            yield event
        if clock() - last > ALIVE_SECONDS:
            last = clock()
            yield ": alive\n\n"
        await pause(stop, EVERY_SECONDS)


async def _changed(jobs: JobReader, sent: dict[str, int], collection: str | None) -> list[str]:
    try:
        found = await jobs.watched(NEWEST)
    except UnavailableError:
        # The stream stays open: it goes on by itself once Kafka is back.
        return []
    new = [job for job in found if collection in (None, job.collection) and sent.get(job.job_id) != job.as_of]
    sent.update((job.job_id, job.as_of) for job in new)
    return [f"event: job\ndata: {job_out(job).model_dump_json()}\n\n" for job in new]
