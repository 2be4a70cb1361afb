"""What a service is to the process that runs it: something with a name, a health, and a run."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(slots=True)
class Health:
    """How a stage is; it sets this itself, heartbeats and probes read it."""

    state: Literal["starting", "ready", "waiting", "stopped"] = "starting"
    reason: str | None = None
    alive_at: float = field(default_factory=time.monotonic)
    """When it last asked for work, or said how it is (monotonic seconds)."""
    heard_at: float | None = None
    """When the brokers last took its heartbeat (monotonic seconds); None: not yet."""

    def ready(self) -> None:
        """It works."""
        self.state, self.reason = "ready", None
        self.alive()

    def waiting(self, reason: str) -> None:
        """It goes on by itself once `reason` (a sentence for people) has passed."""
        self.state, self.reason = "waiting", reason
        self.alive()

    def alive(self) -> None:
        """It asks for work just now, whatever its state."""
        self.alive_at = time.monotonic()

    def heard(self) -> None:
        """The brokers have taken its heartbeat just now."""
        self.heard_at = time.monotonic()


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


async def supervise(main: Coroutine[Any, Any, None], *background: Coroutine[Any, Any, None]) -> None:
    """Run `main` with `background` beside it, which ends when it ends; a failure of any ends all.

    Raises the first failure.
    """
    first = asyncio.create_task(main)
    beside = [asyncio.create_task(task) for task in background]
    try:
        done, _ = await asyncio.wait([first, *beside], return_when=asyncio.FIRST_COMPLETED)
        while first not in done and all(task.exception() is None for task in done):
            waiting = [task for task in [first, *beside] if not task.done()]
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in [first, *beside]:
            task.cancel()
        await asyncio.gather(first, *beside, return_exceptions=True)


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but not past `stop`; whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
