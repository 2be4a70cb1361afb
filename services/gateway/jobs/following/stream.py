"""Jobs as they change, as a stream of server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from services.gateway.api.caller import sees
from services.gateway.jobs.following.watch import PAGE, Change, JobWatch
from services.gateway.view.changes import Place

ALIVE_SECONDS = 15.0
"""A stream in which nothing happens says this often that it is there, or proxies would close it."""
NEWEST = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs a listener follows: those of a collection, or some by their ids; None means any."""

    collection: str | None = None
    job_ids: frozenset[str] | None = None

    def includes(self, change: Change) -> bool:
        """Whether the change is of a wanted job, of a collection that the caller may know of."""
        if not sees(change.collection) or self.collection not in (None, change.collection):
            return False
        return self.job_ids is None or change.job_id in self.job_ids


async def job_events(
    watch: JobWatch, stop: asyncio.Event, wanted: Wanted, last_event_id: str | None = None
) -> AsyncGenerator[str, None]:
    """An event for each job that changed; ends at `stop`.

    With the id of the last event that was seen it goes on after it, on any replica. Without one it begins
    with the jobs that have not ended and the NEWEST ones. While Kafka is away, nothing comes.
    """
    yield "retry: 2000\n\n"
    count = watch.count
    place = await watch.parsed(last_event_id) if last_event_id else None
    if place is None:
        place, first = await watch.begin(NEWEST)
        for event in _first([change for change in first if wanted.includes(change)], place):
            yield event
    else:
        async for change in _catch_up(watch, place):
            place = change.place
            if wanted.includes(change):
                yield str(change)
    async for event in _live(watch, stop, wanted, _Seen(count, place)):
        yield event


@dataclass(slots=True)
class _Seen:
    """How far a listener is: changes of the watch, and the place after the last one."""

    count: int
    place: Place


async def _live(watch: JobWatch, stop: asyncio.Event, wanted: Wanted, seen: _Seen) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    last = clock()
    while not stop.is_set():
        async for change in _next(watch, seen):
            if wanted.includes(change):
                last = clock()
                yield str(change)
        if clock() - last > ALIVE_SECONDS:
            last = clock()
            # With the place, so that a listener to whom nothing was of interest goes on from here too.
            yield f": alive\nid: {seen.place}\n\n"
        await watch.tick()


async def _next(watch: JobWatch, seen: _Seen) -> AsyncIterator[Change]:
    """The changes since, and `seen` after them; from the view where the watch no longer has them."""
    found, seen.count = watch.since(seen.count), watch.count
    if found is None:
        async for change in _catch_up(watch, seen.place):
            seen.place = change.place
            yield change
        return
    for change in found:
        seen.place = change.place
        yield change


async def _catch_up(watch: JobWatch, place: Place) -> AsyncIterator[Change]:
    page = await watch.read(place)
    while page:
        for change in page:
            yield change
        page = await watch.read(page[-1].place) if len(page) == PAGE else []


def _first(shown: Sequence[Change], place: Place) -> Iterator[str]:
    """The first events; the last one has the id, as a stream that ends before it begins again."""
    yield from (f"event: job\ndata: {change.body}\n\n" for change in shown[:-1])
    yield str(shown[-1]) if shown else f"id: {place}\n\n"
