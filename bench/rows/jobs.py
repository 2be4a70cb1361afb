"""Row 15: what 200,000 finished jobs in a gateway's view cost, and what stays once they are forgotten."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

from bench.place import Place
from bench.result import Figure
from libs.common import ids
from libs.common.events import Accepted, Finished, JobEvent, Listed, Outcome, Outcomes
from services.gateway.view import changes, queries, retention, totals
from services.gateway.view.queries import JobFilter
from services.gateway.view.schema import copy_log
from services.gateway.view.view import View
from services.gateway.view.writer import Happened

JOBS, FILES = 200_000, 10
COLLECTIONS = 20
AT_ONCE = 1_000
STATUS = "job-status"
DAY_S = 86_400.0


async def growth_jobs(place: Place) -> list[Figure]:
    """A scrape, the hour's cleaning, what pages and streams read, and the file after forgetting."""
    file = place.fresh() / "view.sqlite"
    async with View.open(file, "bench") as view:
        offset = await _filled(view)
        full_mb = _mb(file)
        scrape = await _ms(lambda: view.ask(totals.read))
        cleaning = await _ms(lambda: view.ask(retention.ended_ids, time.time() - 365 * DAY_S))
        reads = {
            "newest": await _ms(lambda: view.ask(queries.jobs, JobFilter(), None, 50)),
            "of a collection": await _ms(lambda: view.ask(queries.jobs, JobFilter("c3"), None, 50)),
            "recent": await _ms(lambda: view.ask(queries.recent, 0.0)),
            "unfinished": await _ms(lambda: view.ask(queries.unfinished)),
            "changes": await _ms(lambda: view.ask(changes.changed, changes.Place((offset,)), 500)),
        }
        seconds, slowest_write = await _forgotten(view, offset)
    worst = max(reads, key=lambda name: reads[name])
    note = ", ".join(f"{name} {ms:.2f} ms" for name, ms in reads.items())
    return [
        Figure(name="15 scrape", value=scrape, unit="ms", target=10, bound="at most", note=f"{JOBS:,} jobs"),
        Figure(name="15 hourly-look", value=cleaning, unit="ms", target=50, bound="at most"),
        Figure(name="15 slowest-read", value=reads[worst], unit="ms", target=20, bound="at most", note=note),
        Figure(
            name="15 view-after-forgetting",
            value=_mb(file),
            unit="MB",
            target=20,
            bound="at most",
            note=f"{full_mb:.0f} MB before; forgetting took {seconds:.0f} s, the slowest write meanwhile "
            f"{slowest_write:.0f} ms",
        ),
    ]


async def _filled(view: View) -> int:
    """A view of finished jobs; the offset after their last event."""
    offset = 0
    for start in range(0, JOBS, AT_ONCE):
        events = [event for n in range(start, start + AT_ONCE) for event in _events(n)]
        happened = [Happened(event, offset + place, time.time()) for place, event in enumerate(events)]
        offset += len(events)
        await view.write(happened, STATUS, {0: offset})
    return offset


def _events(number: int) -> Iterator[JobEvent]:
    job, collection = str(uuid4()), f"c{number % COLLECTIONS}"
    yield Accepted(job_id=job, collection=collection, partition=0, offset=number, directory_path="/photos")
    yield Listed(job_id=job, found=FILES, ignored=0, bytes=1, complete=True)
    names = [f"/photos/{number // 100:04}/{number:06}-{each}.jpg" for each in range(FILES)]
    yield Outcomes(job_id=job, items=tuple(map(_outcome, names)))
    yield Finished(
        job_id=job,
        state="completed",
        total=FILES,
        stored=FILES,
        from_cache=0,
        failed=0,
        skipped=0,
        ignored=0,
    )


def _outcome(name: str) -> Outcome:
    return Outcome(file_id=ids.file_id("c", name.encode()), file=name, outcome="stored", source="batch_ml")


async def _forgotten(view: View, offset: int) -> tuple[float, float]:
    """Seconds that forgetting all took, and ms of the slowest write that came in between."""
    begun, slowest = time.perf_counter(), 0.0
    forgetting = asyncio.create_task(view.forget(time.time() + DAY_S))
    while not forgetting.done():
        event = Accepted(job_id=str(uuid4()), collection="c", partition=0, offset=0, directory_path="/p")
        wrote = time.perf_counter()
        await view.write([Happened(event, offset, time.time())], STATUS, {0: offset + 1})
        slowest, offset = max(slowest, 1000 * (time.perf_counter() - wrote)), offset + 1
        await asyncio.sleep(0.1)
    await forgetting
    seconds = time.perf_counter() - begun
    await view.ask(copy_log)
    return seconds, slowest


async def _ms(ask: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await ask()
    return 1000 * (time.perf_counter() - begun)


def _mb(file: Path) -> float:
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*")) / 1e6
