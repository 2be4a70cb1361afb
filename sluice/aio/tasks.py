"""Tasks over a whole collection: near-duplicates, merges."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sluice import wire
from sluice.aio.http import AsyncHttp
from sluice.choosing import FULL_ID, LATEST, chosen
from sluice.errors import Code
from sluice.models.duplicates import TaskStatus

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class AsyncTask:
    """One task."""

    http: AsyncHttp
    task_id: str

    async def status(self) -> TaskStatus:
        """How it stands; its progress never goes back. SluiceError task_not_found."""
        return await self.http.get(f"/tasks/{wire.segment(self.task_id)}", TaskStatus)

    async def wait(
        self, *, timeout_s: float | None = None, progress: Callable[[TaskStatus], None] | None = None
    ) -> TaskStatus:
        """Its last status. Raises TimeoutError if it goes on after `timeout_s` seconds."""
        until = None if timeout_s is None else monotonic() + timeout_s
        while True:
            found = await self.status()
            if progress is not None:
                progress(found)
            if found.is_over:
                return found
            if until is not None and monotonic() >= until:
                raise TimeoutError(f"task {self.task_id} is still {found.status} after {timeout_s:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)

    async def cancel(self) -> TaskStatus:
        """Stop it."""
        return await self.http.call("POST", f"/tasks/{wire.segment(self.task_id)}/cancel", TaskStatus)


async def newest(http: AsyncHttp, kind: str, limit: int = 200) -> list[TaskStatus]:
    """The tasks of a kind, the newest first."""
    params = {"kind": kind, "limit": limit}
    return await http.call("GET", "/tasks", list[TaskStatus], params=params)


async def named(http: AsyncHttp, kind: str, name: str) -> AsyncTask:
    """The task that is named by its id, by the first characters of it, or by `latest`.

    Raises SluiceError task_not_found where no recent one, or more than one, is meant.
    """
    if len(name) == FULL_ID:
        return AsyncTask(http, name)
    known = await newest(http, kind, 1 if name == LATEST else 200)
    return AsyncTask(http, chosen(name, [task.task_id for task in known], "task", Code.TASK_NOT_FOUND))
