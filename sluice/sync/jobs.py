# Made of sluice/aio/jobs.py by `python -m scripts.sync_client`: change that.
"""Jobs: starting them, following them to their end, and what became of their files."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

from sluice import wire
from sluice.choosing import FULL_ID, LATEST, chosen
from sluice.errors import Code, SluiceError
from sluice.files.selecting import LocalFile
from sluice.models import jobs as body
from sluice.models.photos import Filters
from sluice.sync.form import Form
from sluice.sync.http import Http

LOOK_SECONDS = 0.5
WAIT_SECONDS = 10.0
"How long the gateway may hold an answer back while nothing changes."
AWAY_SECONDS = 60.0
"How long a gateway may be away, to be restarted say, before following a job ends."


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `submitted` is what the gateway said when it took it on, if this client started it."""

    http: Http
    job_id: str
    submitted: body.Submitted | None = None

    def status(self) -> body.JobStatus:
        """How it stands; SluiceError job_not_found."""
        return self.http.get(f"/ingest/status/{wire.segment(self.job_id)}", body.JobStatus)

    def watch(
        self, *, every_s: float = LOOK_SECONDS, timeout_s: float | None = None
    ) -> Iterator[body.JobStatus]:
        """How it stands, each time that something changed; its end last.

        The gateway answers as soon as something has; `every_s` is the least between two answers. Raises
        TimeoutError if it goes on after `timeout_s` seconds (the job itself continues), and SluiceError once
        the gateway, or what it stands on, has been away for 60 s.
        """
        last, etag, received_at = (None, None, monotonic())
        until = None if timeout_s is None else received_at + timeout_s
        while True:
            left_s = WAIT_SECONDS if until is None else until - monotonic()
            answer = self._look(received_at, etag, min(WAIT_SECONDS, max(0.0, left_s)))
            changed = answer is not None and answer.status_code != wire.NOT_MODIFIED
            if answer is not None:
                received_at = monotonic()
            if answer is not None and changed:
                etag, found = (answer.headers.get("etag"), wire.decoded(answer, body.JobStatus))
                if found != last:
                    yield found
                    last = found
                if found.is_over:
                    return
            if until is not None and monotonic() >= until:
                raise TimeoutError(f"job {self.job_id} goes on after {timeout_s:.0f} s")
            if changed or answer is None:
                time.sleep(every_s)

    def wait(
        self,
        *,
        timeout_s: float | None = None,
        progress: Callable[[body.JobStatus], None] | None = None,
        every_s: float = LOOK_SECONDS,
    ) -> body.JobStatus:
        """Its last status; `progress` gets each one that differs from the one before. Raises as `watch`."""
        found = self.status()
        for found in self.watch(every_s=every_s, timeout_s=timeout_s):
            if progress is not None:
                progress(found)
        return found

    def files(
        self, *, outcome: body.Outcome | None = None, code: str | None = None, page: int = 1000
    ) -> Iterator[body.JobFile]:
        """What became of each file: failed ones first, then skipped, then stored."""
        cursor = None
        while True:
            found = self.file_page(outcome=outcome, code=code, cursor=cursor, limit=page)
            for file in found.items:
                yield file
            cursor = found.next
            if cursor is None:
                return

    def file_page(
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
        return self.http.get(path, body.FilePage, **params)

    def in_flight(self) -> list[body.InFlight]:
        """Its files that are worked on now."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/inflight"
        return self.http.get(path, list[body.InFlight])

    def pause(self) -> str:
        """Hold it; files under way are finished. The state that it goes to."""
        return self.command("pause")

    def resume(self) -> str:
        """Let it go on. The state that it goes to."""
        return self.command("resume")

    def cancel(self) -> str:
        """End it early; what is stored stays. The state that it goes to."""
        return self.command("cancel")

    def command(self, action: str) -> str:
        """Have the scanner do something with it; the state that it goes to."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/{action}"
        return self.http.call("POST", path, body.JobCommanded).state

    def retry(self, codes: Sequence[str] = ()) -> "Job":
        """A new job of only its failed files, those with one of `codes` if any are given."""
        sent = {"codes": list(codes)} if codes else {}
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/retry"
        taken = self.http.call("POST", path, body.Submitted, json=sent)
        return Job(self.http, taken.job_id, taken)

    def gone_page(self, *, cursor: str | None = None, limit: int = 100) -> body.GonePage:
        """Some of the gone files that `prune` would remove; with a `next` even where a page has none."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune"
        return self.http.get(path, body.GonePage, cursor=cursor, limit=limit)

    def prune(self) -> "Job":
        """A new job that removes the points of gone files that its sync left waiting."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune"
        taken = self.http.call("POST", path, body.Submitted)
        return Job(self.http, taken.job_id, taken)

    def undo_prune(self) -> int:
        """Put back what its sync removed; how many points."""
        path = f"/ingest/jobs/{wire.segment(self.job_id)}/prune/undo"
        return self.http.call("POST", path, body.PutBack).points

    def _look(self, received_at: float, etag: str | None, wait_s: float) -> httpx.Response | None:
        """Its status, once that is not the one of `etag` any more or after `wait_s` seconds.

        None while the gateway, or what it stands on, is away for less than a minute.
        """
        known: dict[str, Any] = (
            {"headers": {"if-none-match": etag}, "params": {"wait": f"{wait_s:.1f}"}} if etag else {}
        )
        path = f"/ingest/status/{wire.segment(self.job_id)}"
        try:
            return self.http.send("GET", path, timeout=wire.SECONDS, **known)
        except SluiceError as error:
            if not error.retryable or monotonic() - received_at > AWAY_SECONDS:
                raise
            return None


@dataclass(frozen=True, slots=True)
class Jobs:
    """All jobs of a gateway."""

    http: Http

    def get(self, job_id: str) -> Job:
        """The job of that id; asks nothing yet."""
        return Job(self.http, job_id)

    def find(self, name: str) -> Job:
        """The job that is named by its id, by the first characters of it, or by `latest`.

        Raises SluiceError job_not_found where no recent job, or more than one, is meant.
        """
        if len(name) == FULL_ID:
            return self.get(name)
        known = self.page(limit=1 if name == LATEST else 200)
        return self.get(chosen(name, [row.job_id for row in known.items], "job", Code.JOB_NOT_FOUND))

    def all(
        self, *, collection: str | None = None, state: str | None = None, page: int = 200
    ) -> Iterator[body.JobRow]:
        """Jobs, the newest first."""
        cursor = None
        while True:
            found = self.page(collection=collection, state=state, cursor=cursor, limit=page)
            for row in found.items:
                yield row
            cursor = found.next
            if cursor is None:
                return

    def page(
        self,
        *,
        collection: str | None = None,
        state: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> body.JobPage:
        """A page of jobs, the newest first."""
        params = {"collection": collection, "state": state, "cursor": cursor, "limit": limit}
        return self.http.get("/ingest/jobs", body.JobPage, **params)

    def ingest(
        self,
        path: str,
        collection: str | None = None,
        *,
        caption: bool = True,
        idempotency_key: str | None = None,
        **wanted: Any,
    ) -> Job:
        """Start a job over a directory, or one file, that the gateway sees.

        `wanted` is what a request takes beyond that: force, labels, metadata, files, exclude, sync, prune,
        callback_url. The same `idempotency_key` names the same job; without one each call is a job, sent
        once however often it is retried.
        """
        sent = wire.given({"directory_path": path, "collection": collection, **wanted})
        return self._started(sent, {} if caption else {"caption": "false"}, idempotency_key)

    def describe(
        self,
        collection: str,
        wants: Sequence[body.Want],
        *,
        filters: Filters | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a job that adds captions, or the text in pictures, to points that are there.

        To those that fulfil the filters; what has it of an earlier job is left alone unless `force`.
        """
        source = wire.given({"collection": collection, "filters": filters})
        sent = wire.given({"source": source, "want": list(wants), "force": force or None})
        return self._started(sent, {}, idempotency_key)

    def _started(self, sent: dict[str, Any], params: dict[str, str], idempotency_key: str | None) -> Job:
        headers = {"idempotency-key": idempotency_key or str(uuid4())}
        taken = self.http.call("POST", "/ingest/", body.Submitted, json=sent, params=params, headers=headers)
        return Job(self.http, taken.job_id, taken)

    def upload(
        self,
        files: Sequence[LocalFile],
        collection: str | None = None,
        *,
        sent: Callable[[int], None] = lambda _: None,
        **wanted: Any,
    ) -> Job:
        """Start a job over files of this machine, read from disk as they are sent.

        `sent` gets how many bytes have gone out since it was last called; `wanted` is what an upload takes
        beyond that: force, caption, callback_url. Raises SluiceError permission_denied where a file cannot
        be read.
        """
        form = Form(files, sent)
        timeout = httpx.Timeout(wire.SECONDS, read=wire.UPLOAD_SECONDS, write=wire.UPLOAD_SECONDS)
        taken = self.http.call(
            "POST",
            "/ingest/upload",
            body.Submitted,
            params=wire.given({"collection": collection, **wanted}),
            content=form.body(),
            headers={"content-type": form.content_type},
            timeout=timeout,
        )
        return Job(self.http, taken.job_id, taken)
