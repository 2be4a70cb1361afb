"""What a service is to the process that runs it: something with a name, a health, and a run."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from libs.common.metrics.instruments import Instruments
from libs.common.runtime.outage import Outage
from libs.common.tracing.spans import OFF, Tracing


@dataclass(frozen=True, slots=True)
class WorkingOn:
    """A file that is worked on since `since` (monotonic seconds), begun in vain `tries` times before."""

    job_id: str
    file_id: str
    file: str
    since: float
    tries: int


@dataclass(frozen=True, slots=True)
class Work:
    """The records that a stage has taken and not finished, and the oldest files among them.

    `partitions` are those that it holds, `behind` the records in them that it has yet to take.
    """

    held: int = 0
    oldest: tuple[WorkingOn, ...] = ()
    partitions: int = 0
    behind: int = 0


@dataclass(slots=True)
class Health:
    """How a stage is; it sets this itself, heartbeats and probes read it."""

    state: Literal["starting", "ready", "waiting", "stopped"] = "starting"
    reason: str | None = None
    alive_at: float = field(default_factory=time.monotonic)
    """When it last asked for work, or said how it is (monotonic seconds)."""
    received_at: float | None = None
    """When the brokers last took its heartbeat (monotonic seconds); None: not yet."""
    records: int = 0
    """Records that it has finished since its start."""
    batch: int | None = None
    """How many records it sends at once to the model or the store, at most; None: it sends none."""
    work: Callable[[], Work] = Work
    """What it holds now."""
    stage: str | None = None
    """Whose health it is, for the log; None: nothing is logged."""
    instruments: Instruments = field(default_factory=Instruments)
    """What it has counted and timed since its start."""
    tracing: Tracing = OFF
    """Where it begins the spans of its traces."""
    _outage: Outage = field(default_factory=lambda: Outage(level=logging.INFO), init=False)

    def ready(self) -> None:
        """It works."""
        self._outage.back(f"{self.stage} works again")
        self._outage.level = logging.WARNING  # from here on it is an outage, and before it was a start
        self.state, self.reason = "ready", None
        self.alive()

    def waiting(self, reason: str, *, logged: bool = False) -> None:
        """It goes on by itself once `reason` (a sentence for people) has passed. `logged`: the log has it."""
        if self.stage is not None:
            self._outage.gone(f"{self.stage} waits: {reason}", logged=not logged)
        self.state, self.reason = "waiting", reason
        self.alive()

    def alive(self) -> None:
        """It asks for work just now, whatever its state."""
        self.alive_at = time.monotonic()

    def received(self) -> None:
        """The brokers have taken its heartbeat just now."""
        self.received_at = time.monotonic()


class Service(Protocol):
    """One stage, wired. Its `app.build` makes it; nothing has been opened before `run`."""

    @property
    def stage(self) -> str:
        """Its name among the stages."""

    @property
    def health(self) -> Health:
        """How it is now."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain and return; raises SluiceError if it cannot go on."""


async def supervise(
    main: Coroutine[Any, Any, None],
    *background: Coroutine[Any, Any, None],
    concurrent: Sequence[Coroutine[Any, Any, None]] = (),
) -> None:
    """Run `main` and those `concurrent` with it to their ends; a failure of any ends all.

    `background` is cancelled when they have ended. Raises the first failure.
    """
    wanted = {asyncio.create_task(task) for task in (main, *concurrent)}
    tasks = wanted | {asyncio.create_task(task) for task in background}
    try:
        while not all(task.done() for task in wanted):
            running = [task for task in tasks if not task.done()]
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


StoppableWork = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Work that sets the event that it is given once it handles a stop itself."""


async def run_with_stop(stop: asyncio.Event, work: StoppableWork) -> bool:
    """Do the work; whether it came to its end. Until it handles `stop` itself, `stop` cancels it."""
    handles_stop = asyncio.Event()
    task, stopped = asyncio.create_task(work(handles_stop)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not handles_stop.is_set():
            task.cancel()
        await asyncio.wait([task])
    finally:
        task.cancel()
        stopped.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)
    if task.cancelled() and stop.is_set():
        return False
    task.result()
    return True


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but not past `stop`; whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
