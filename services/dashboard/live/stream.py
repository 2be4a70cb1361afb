"""Changes of jobs as one visitor may see them: one connection for all their pages, opened again as needed."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from time import monotonic

import httpx
import msgspec

from services.dashboard.live.events import parsed
from sluice import wire
from sluice.models.jobs import JobRow

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0
SILENT_SECONDS = 45.0
"""The gateway says every 15 s that it is there."""
KEPT_SECONDS = 600.0
"""How long a stream goes on that no page listens to, for the history that it has."""

Listener = Callable[[JobRow | None], None]
"""Called with a job that changed; with None when the gateway went away or came back."""


class JobStream:
    """Follows the gateway's stream while a page listens; after a break it goes on where it ended."""

    def __init__(
        self, http: httpx.AsyncClient, api_key: str | None, *, pause_s: float = PAUSE_SECONDS
    ) -> None:
        self._http = http
        self._pause_s = pause_s
        self._headers = {"x-api-key": api_key} if api_key else {}
        self._last_id = ""
        self._begun = monotonic()
        self._done: dict[str, int] = {}
        self._left_at = monotonic()
        self.listeners: set[Listener] = set()
        self.is_away = False
        self.finished: deque[tuple[float, int]] = deque()
        """When (monotonic) how many files got their outcome, of the last KEPT_SECONDS."""

    async def run(self) -> None:
        """Until no page has listened for KEPT_SECONDS."""
        while self._is_wanted():
            try:
                await self._connected()
            except (httpx.HTTPError, httpx.StreamError, msgspec.MsgspecError) as error:
                log.debug("the stream of jobs ended: %s", error)
            self._is(away=True)
            await asyncio.sleep(self._pause_s)

    async def _connected(self) -> None:
        headers = self._headers | ({"last-event-id": self._last_id} if self._last_id else {})
        timeout = httpx.Timeout(wire.SECONDS, read=SILENT_SECONDS)
        path = f"{wire.PREFIX}/ingest/events"
        async with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            self._is(away=False)
            async for event in parsed(answer.aiter_lines()):
                self._last_id = event.id or self._last_id
                if event.data:
                    self._changed(msgspec.json.decode(event.data, type=JobRow))
                if not self._is_wanted():
                    return

    def _changed(self, job: JobRow) -> None:
        now, counts = monotonic(), job.counts
        done = counts.stored + counts.failed + counts.skipped
        is_first = job.job_id not in self._done and now - self._begun < PAUSE_SECONDS
        before = done if is_first else self._done.get(job.job_id, 0 if not job.is_over else done)
        self._done[job.job_id] = done
        if done > before:
            self.finished.append((now, done - before))
        while self.finished and self.finished[0][0] < now - KEPT_SECONDS:
            self.finished.popleft()
        self._tell(job)

    def _is(self, *, away: bool) -> None:
        if away != self.is_away:
            self.is_away = away
            self._tell(None)

    def _tell(self, job: JobRow | None) -> None:
        for listener in tuple(self.listeners):
            listener(job)

    def _is_wanted(self) -> bool:
        if self.listeners:
            self._left_at = monotonic()
        return monotonic() - self._left_at < KEPT_SECONDS
