"""What a service is to the process that runs it: something with a name, a health, and a run."""

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(slots=True)
class Health:
    """How a stage is; it sets this itself, heartbeats and probes read it."""

    state: Literal["starting", "ready", "waiting", "stopped"] = "starting"
    reason: str | None = None

    def ready(self) -> None:
        """It works."""
        self.state, self.reason = "ready", None

    def waiting(self, reason: str) -> None:
        """It goes on by itself once `reason` (a sentence for people) has passed."""
        self.state, self.reason = "waiting", reason


class Service(Protocol):
    """One stage, wired. Its `app.build` makes it; nothing has been opened before `run`."""

    stage: str
    health: Health

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain and return; raises SluiceError if it cannot go on."""
