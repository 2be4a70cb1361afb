"""Jobs: starting them, following them to their end, and what became of their files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

from sluice import wire
from sluice.aio.form import AsyncForm
from sluice.aio.http import AsyncHttp
from sluice.choosing import FULL_ID, LATEST, chosen
from sluice.errors import Code, SluiceError
from sluice.files.selecting import LocalFile
from sluice.models import jobs as body
from sluice.models.photos import Filters

LOOK_SECONDS = 0.5
WAIT_SECONDS = 10.0
"""How long the gateway may hold an answer back while nothing changes."""
AWAY_SECONDS = 60.0
"""How long a gateway may be away, to be restarted say, before following a job ends."""


@dataclass(frozen=True, slots=True)
class AsyncJob:
    """One job. `submitted` is what the gateway said when it took it on, if this client started it."""

    http: AsyncHttp
    job_id: str
    submitted: body.Submitted | None = None

    async def status(self) -> body.JobStatus:
        """How it stands; SluiceError job_not_found."""
        return await self.http.get(f"/ingest/status/{wire.segment(self.job_id)}", body.JobStatus)

    async def watch(
        self, *, every_s: float = LOOK_SECONDS, timeout_s: float | None = None
    ) -> AsyncIterator[body.JobStatus]:
        """How it stands, each time that something changed; its end last.

        The gateway answers as soon as something has; `every_s` is the least between two answers. Raises
        TimeoutError if it goes on after `timeout_s` seconds (the job itself continues), and SluiceError once
        the gateway, or what it stands on, has been away for 60 s.
        """
        last, etag, received_at = None, None, monotonic()
        until = None if timeout_s is None else received_at + timeout_s
        while True:
            left_s = WAIT_SECONDS if until is None else until - monotonic()
            answer = await self._look(received_at, etag, min(WAIT_SECONDS, max(0.0, left_s)))
            changed = answer is not None and answer.status_code != wire.NOT_MODIFIED
            if answer is not None:
                received_at = monotonic()
            if answer is not None and changed:
                etag, found = answer.headers.get("etag"), wire.decoded(answer, body.JobStatus)
                if found != last:
                    yield found
                    last = found
                if found.is_over:
                    return
            if until is not None and monotonic() >= until:
                raise TimeoutError(f"job {self.job_id} goes on after {timeout_s:.0f} s")
            if changed or answer is None:
                await asyncio.sleep(every_s)

    async def wait(
        self,
        *,
        timeout_s: float | None = None,
        progress: Callable[[body.JobStatus], None] | None = None,
        every_s: float = LOOK_SECONDS,
    ) -> body.JobStatus:
        """Its last status; `progress` gets each one that differs from the one before. Raises as `watch`."""
        found = await self.status()
        async for found in self.watch(every_s=every_s, timeout_s=timeout_s):
            if progress is not None:
                progress(found)
        return found

    async def files(
        self, *, outcome: body.Outcome | None = None, code: str | None = None, page: int = 1000
    ) -> AsyncIterator[body.JobFile]:
        """What became of each file: failed ones first, then skipped, then stored."""
        cursor = None
        while True:
            found = await self.file_page(outcome=outcome, code=code, cursor=cursor, limit=page)
            for file in found.items:
                yield file
            cursor = found.next
            if cursor is None:
                return

    async def file_page(
        self,
        *,
        outcome: str | None = None,
        code: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> body.FilePage:
        """A page of its files."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/files"
        params = {"outcome": outcome, "code": code, "cursor": cursor, "limit": limit}
        return await self.http.get(path, body.FilePage, **params)

    async def in_flight(self) -> list[body.InFlight]:
        """Its files that are worked on now."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/inflight"
        return await self.http.get(path, list[body.InFlight])

    async def pause(self) -> str:
        """Hold it; files under way are finished. The state that it goes to."""
        return await self.command("pause")

    async def resume(self) -> str:
        """Let it go on. The state that it goes to."""
        return await self.command("resume")

    async def cancel(self) -> str:
        """End it early; what is stored stays. The state that it goes to."""
        return await self.command("cancel")

    async def command(self, action: str) -> str:
        """Have the scanner do something with it; the state that it goes to."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/{action}"
        return (await self.http.call("POST", path, body.JobCommanded)).state

    async def retry(self, codes: Sequence[str] = ()) -> "AsyncJob":
        """A new job of only its failed files, those with one of `codes` if any are given."""
        sent = {"codes": list(codes)} if codes else {}
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/retry"
        taken = await self.http.call("POST", path, body.Submitted, json=sent)
        return AsyncJob(self.http, taken.job_id, taken)

    async def gone_page(self, *, cursor: str | None = None, limit: int = 100) -> body.GonePage:
        """Some of the gone files that `prune` would remove; with a `next` even where a page has none."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune"
        return await self.http.get(path, body.GonePage, cursor=cursor, limit=limit)

    async def prune(self) -> "AsyncJob":
        """A new job that removes the points of gone files that its sync left waiting."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune"
        taken = await self.http.call("POST", path, body.Submitted)
        return AsyncJob(self.http, taken.job_id, taken)

    async def undo_prune(self) -> int:
        """Put back what its sync removed; how many points."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune/undo"
        return (await self.http.call("POST", path, body.PutBack)).points

    async def _look(self, received_at: float, etag: str | None, wait_s: float) -> httpx.Response | None:
        """Its status, once that is not the one of `etag` any more or after `wait_s` seconds.

        None while the gateway, or what it stands on, is away for less than a minute.
        """
        known: dict[str, Any] = (
            {"headers": {"if-none-match": etag}, "params": {"wait": f"{wait_s:.1f}"}} if etag else {}
        )
        path = f"/ingest/status/{wire.segment(self.job_id)}"
        try:
            return await self.http.send("GET", path, timeout=wire.SECONDS, **known)
        except SluiceError as error:
            if not error.retryable or monotonic() - received_at > AWAY_SECONDS:
                raise
            return None


@dataclass(frozen=True, slots=True)
class AsyncJobs:
    """All jobs of a gateway."""

    http: AsyncHttp

    def get(self, job_id: str) -> AsyncJob:
        """The job of that id; asks nothing yet."""
        return AsyncJob(self.http, job_id)

    async def find(self, name: str) -> AsyncJob:
        """The job that is named by its id, by the first characters of it, or by `latest`.

        Raises SluiceError job_not_found where no recent job, or more than one, is meant.
        """
        if len(name) == FULL_ID:
            return self.get(name)
        known = await self.page(limit=1 if name == LATEST else 200)
        return self.get(chosen(name, [row.job_id for row in known.items], "job", Code.JOB_NOT_FOUND))

    async def all(
        self, *, collection: str | None = None, state: str | None = None, page: int = 200
    ) -> AsyncIterator[body.JobRow]:
        """Jobs, the newest first."""
        cursor = None
        while True:
            found = await self.page(collection=collection, state=state, cursor=cursor, limit=page)
            for row in found.items:
                yield row
            cursor = found.next
            if cursor is None:
                return

    async def page(
        self,
        *,
        collection: str | None = None,
        state: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> body.JobPage:
        """A page of jobs, the newest first."""
        params = {"collection": collection, "state": state, "cursor": cursor, "limit": limit}
        return await self.http.get("/ingest/jobs", body.JobPage, **params)

    async def ingest(
        self,
        path: str,
        collection: str | None = None,
        *,
        caption: bool = True,
        idempotency_key: str | None = None,
        **wanted: Any,
    ) -> AsyncJob:
        """Start a job over a directory, or one file, that the gateway sees.

        `wanted` is what a request takes beyond that: force, labels, metadata, files, exclude, sync, prune,
        callback_url. The same `idempotency_key` names the same job; without one each call is a job, sent
        once however often it is retried.
        """
        sent = wire.given({"directory_path": path, "collection": collection, **wanted})
        return await self._started(sent, {} if caption else {"caption": "false"}, idempotency_key)

    async def describe(
        self,
        collection: str,
        wants: Sequence[body.Want],
        *,
        filters: Filters | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> AsyncJob:
        """Start a job that adds captions, or the text in pictures, to points that are there.

        To those that fulfil the filters; what has it of an earlier job is left alone unless `force`.
        """
        source = wire.given({"collection": collection, "filters": filters})
        sent = wire.given({"source": source, "want": list(wants), "force": force or None})
        return await self._started(sent, {}, idempotency_key)

    async def _started(
        self, sent: dict[str, Any], params: dict[str, str], idempotency_key: str | None
    ) -> AsyncJob:
        headers = {"idempotency-key": idempotency_key or str(uuid4())}
        taken = await self.http.call(
            "POST", "/ingest/", body.Submitted, json=sent, params=params, headers=headers
        )
        return AsyncJob(self.http, taken.job_id, taken)

    async def upload(
        self,
        files: Sequence[LocalFile],
        collection: str | None = None,
        *,
        sent: Callable[[int], None] = lambda _: None,
        **wanted: Any,
    ) -> AsyncJob:
        """Start a job over files of this machine, read from disk as they are sent.

        `sent` gets how many bytes have gone out since it was last called; `wanted` is what an upload takes
        beyond that: force, caption, callback_url. Raises SluiceError permission_denied where a file cannot
        be read.
        """
        form = AsyncForm(files, sent)
        timeout = httpx.Timeout(wire.SECONDS, read=wire.UPLOAD_SECONDS, write=wire.UPLOAD_SECONDS)
        taken = await self.http.call(
            "POST",
            "/ingest/upload",
            body.Submitted,
            params=wire.given({"collection": collection, **wanted}),
            content=form.body(),
            headers={"content-type": form.content_type},
            timeout=timeout,
        )
        return AsyncJob(self.http, taken.job_id, taken)
