# Made of sluice/aio/tasks.py by `python -m scripts.sync_client`: change that.
"""Tasks over a whole collection: near-duplicates, merges."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sluice import wire
from sluice.choosing import FULL_ID, LATEST, chosen
from sluice.errors import Code
from sluice.models.duplicates import TaskStatus
from sluice.sync.http import Http

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """One task."""

    http: Http
    task_id: str

    def status(self) -> TaskStatus:
        """How it stands; its progress never goes back. SluiceError task_not_found."""
        return self.http.get(f"/tasks/{wire.segment(self.task_id)}", TaskStatus)

    def wait(
        self, *, timeout_s: float | None = None, progress: Callable[[TaskStatus], None] | None = None
    ) -> TaskStatus:
        """Its last status. Raises TimeoutError if it goes on after `timeout_s` seconds."""
        until = None if timeout_s is None else monotonic() + timeout_s
        while True:
            found = self.status()
            if progress is not None:
                progress(found)
            if found.is_over:
                return found
            if until is not None and monotonic() >= until:
                raise TimeoutError(f"task {self.task_id} is still {found.status} after {timeout_s:.0f} s")
            time.sleep(LOOK_SECONDS)

    def cancel(self) -> TaskStatus:
        """Stop it."""
        return self.http.call("POST", f"/tasks/{wire.segment(self.task_id)}/cancel", TaskStatus)


def newest(http: Http, kind: str, limit: int = 200) -> list[TaskStatus]:
    """The tasks of a kind, the newest first."""
    params = {"kind": kind, "limit": limit}
    return http.call("GET", "/tasks", list[TaskStatus], params=params)


def named(http: Http, kind: str, name: str) -> Task:
    """The task that is named by its id, by the first characters of it, or by `latest`.

    Raises SluiceError task_not_found where no recent one, or more than one, is meant.
    """
    if len(name) == FULL_ID:
        return Task(http, name)
    known = newest(http, kind, 1 if name == LATEST else 200)
    return Task(http, chosen(name, [task.task_id for task in known], "task", Code.TASK_NOT_FOUND))
