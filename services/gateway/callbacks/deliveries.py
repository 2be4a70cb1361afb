"""Reporting the ends of jobs to the URLs that their requests name, until they are taken or given up.

What is owed follows from the view, and each try is an event on job-status. So a replica that takes a
partition over goes on where another left off, and nothing is lost between a job's end and its report.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from libs.common.errors import SluiceError, UnavailableError
from libs.common.events import Callback, CallbackOf, CallbackReported
from libs.common.kafka.outgoing import event
from libs.common.kafka.publisher import Publisher
from libs.common.runtime.retry import until_available
from services.gateway.api.clock import utc
from services.gateway.callbacks.message import Message
from services.gateway.callbacks.sending import FailedError, RefusedError, Sending
from services.gateway.jobs.following.snapshots import OwnedPartitions
from services.gateway.view import queries
from services.gateway.view.fold import Job
from services.gateway.view.follower import Follower
from services.gateway.view.view import View

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""After how long without a change it looks again, for what failed in between."""
AT_ONCE = 1000
"""Jobs of a partition whose ends are reported, or wait for their next try, at a time."""
LONGEST_PAUSE_S = 3600.0
LET_GO_SECONDS = 3.0
"""How long a call may go on once its partition is another replica's; that one may then make it again."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a server is called, and how long after each failure."""

    most: int
    first_pause_s: float

    def pause_s(self, tries: int) -> float:
        """Seconds between the last of so many tries and the next: four times as long each time."""
        return min(self.first_pause_s * 4.0 ** (tries - 1), LONGEST_PAUSE_S) if tries else 0.0


@dataclass(slots=True)
class Deliveries:
    """Reports the ends of the jobs of those partitions that this replica has. `now`: the brokers' time."""

    view: View
    follower: Follower
    publisher: Publisher
    owned: OwnedPartitions
    sending: Sending
    tries: Tries
    now: Callable[[], float]
    _running: dict[tuple[str, CallbackOf], asyncio.Task[None]] = field(default_factory=dict)
    _calls: set[asyncio.Task[Callback]] = field(default_factory=set)

    async def run(self) -> None:
        """Report until cancelled."""
        self.owned.let_go = self._let_go
        try:
            while True:
                self.owned.changed.clear()
                try:
                    await self._look()
                except UnavailableError as error:
                    log.warning("callbacks wait: %s", error.detail)
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self.owned.changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self._let_go()

    async def _look(self) -> None:
        """Begin what is owed and not under way."""
        partitions = self.owned.partitions
        if not partitions:
            return
        await self.follower.catch_up(partitions)
        owing = await self.view.ask(queries.owing_callbacks, partitions, AT_ONCE)
        if partitions is not self.owned.partitions:
            # They moved meanwhile: the replica that has them now looks itself.
            return
        for job in owing:
            owed = job.job_id, job.callback_of
            if owed not in self._running:
                task = asyncio.create_task(self._deliver(job), name=f"callback of {job.job_id}")
                self._running[owed] = task
                task.add_done_callback(partial(self._end, owed))

    def _end(self, owed: tuple[str, CallbackOf], task: asyncio.Task[None]) -> None:
        if self._running.get(owed) is task:
            del self._running[owed]

    async def _let_go(self) -> None:
        """Finish the calls under way, for LET_GO_SECONDS at most; the rest is the next owner's."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        if self._calls:
            calls = tuple(self._calls)
            _, late = await asyncio.wait(calls, timeout=LET_GO_SECONDS)
            for call in late:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _deliver(self, job: Job) -> None:
        try:
            callback = job.callback or Callback()
            while callback.state == "pending":
                await asyncio.sleep(self._wait_s(callback))
                call = asyncio.create_task(self._call(job, callback))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                callback = await asyncio.shield(call)
        except SluiceError as error:
            log.error("the callback of job %s is not reported: %s", job.job_id, error.detail)  # noqa: TRY400

    async def _call(self, job: Job, before: Callback) -> Callback:
        """One try, and the event that says how it went."""
        after = await self._try(job, before)
        await self._report(job, after)
        return after

    def _wait_s(self, callback: Callback) -> float:
        last = callback.at.timestamp() if callback.at else 0.0
        return max(0.0, last + self.tries.pause_s(callback.tries) - self.now())

    async def _try(self, job: Job, before: Callback) -> Callback:
        tries, now = before.tries + 1, self.now()
        try:
            await self.sending.post(job.callback_url or "", Message.of(job), now)
        except (RefusedError, FailedError) as error:
            given_up = isinstance(error, RefusedError) or tries >= self.tries.most
            log.warning("callback of job %s, try %d: %s", job.job_id, tries, error)
            return Callback(
                state="failed" if given_up else "pending", tries=tries, at=utc(self.now()), error=str(error)
            )
        return Callback(state="delivered", tries=tries, at=utc(self.now()))

    async def _report(self, job: Job, callback: Callback) -> None:
        outgoing = [event(CallbackReported(job_id=job.job_id, callback=callback, of=job.callback_of))]
        await until_available(
            lambda: self.publisher.publish(outgoing),
            lambda error: log.warning("the callback of job %s waits: %s", job.job_id, error.detail),
        )
