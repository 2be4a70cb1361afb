"""`sluice status`, `jobs`, `retry`, `cancel`, `pause` and `resume`."""

import asyncio
from typing import Annotated, Any

import typer

from sluice import wire
from sluice.aio.client import AsyncClient
from sluice.aio.jobs import AsyncJob
from sluice.cli.exits import Exit
from sluice.cli.fitting import short
from sluice.cli.jobs.following import LOOK_SECONDS, still_running, tell, verdict, watch
from sluice.cli.jobs.progress import words
from sluice.cli.options import ApiKey, AsJson, Job, Url, ask
from sluice.cli.output import as_json, line, local_time, remark, sentence, table
from sluice.models.jobs import JobStatus, State

Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait until the job finishes")]


def status(
    job: Job,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait until the job finishes")] = False,
    inflight: Annotated[bool, typer.Option("--inflight", help="List the files being processed")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Show a job's status or its report.

    A finished job shows its report. With --follow the exit status is that of
    `ingest --wait`; with --follow --json each change is a line.
    """
    if inflight:
        return ask(url, api_key, lambda client: _in_flight(client, job, json=json))
    if follow:
        return ask(url, api_key, lambda client: _follow(client, job, json=json))
    return ask(url, api_key, lambda client: _show(client, job, json=json))


async def _show(client: AsyncClient, job: str, *, json: bool) -> Exit:
    named = await client.jobs.find(job)
    if json:
        as_json(await client.http.get(f"/ingest/status/{wire.segment(named.job_id)}", dict[str, Any]))
        return Exit.OK
    found = await named.status()
    if found.is_over:
        tell(found)
    else:
        sentence(f"job {short(found.job_id)} is {found.state}: {words(found)}")
        if found.bottleneck:
            sentence(found.bottleneck)
    return Exit.OK


async def _in_flight(client: AsyncClient, job: str, *, json: bool) -> Exit:
    found = await (await client.jobs.find(job)).in_flight()
    if json:
        as_json(found)
        return Exit.OK
    if not found:
        remark("no file is being worked on")
        return Exit.OK
    table(
        ("FILE", "STAGE", "INSTANCE", "SINCE", "TRIES", "WAITS FOR"),
        (
            (file.file, file.stage, file.instance, local_time(file.since), str(file.tries), file.reason or "")
            for file in found
        ),
        numbers=("TRIES",),
    )
    return Exit.OK


async def _follow(client: AsyncClient, job: str, *, json: bool) -> Exit:
    named = await client.jobs.find(job)
    try:
        if json:
            return verdict(await named.wait(progress=_line, every_s=LOOK_SECONDS))
        found = await watch(named)
    except asyncio.CancelledError:
        still_running([named.job_id])
        raise
    tell(found)
    return verdict(found)


def _line(status: JobStatus) -> None:
    as_json(status, on_one_line=True)


def jobs(
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection", "-c", metavar="NAME", help="Only jobs of this collection", show_default=False
        ),
    ] = None,
    state: Annotated[
        State | None,
        typer.Option(case_sensitive=False, help="Only jobs in this state", show_default=False),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=200, help="Maximum number of jobs")
    ] = 20,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List jobs, the newest first."""
    if json:
        params = {"collection": collection, "state": state, "limit": limit}
        as_json(ask(url, api_key, lambda client: client.http.get("/ingest/jobs", dict[str, Any], **params)))
        return
    page = ask(url, api_key, lambda client: client.jobs.page(collection=collection, state=state, limit=limit))
    if not page.items:
        filtered = collection or state
        remark("no matching job" if filtered else "no job yet: start one with `sluice ingest DIR`")
        return
    table(
        ("JOB", "STATE", "STORED", "FAILED", "STARTED", "COLLECTION", "SOURCE"),
        (
            (
                short(job.job_id),
                job.state,
                str(job.counts.stored),
                str(job.counts.failed),
                local_time(job.created_at),
                job.collection or "",
                job.directory_path or (f"retry of {short(job.retry_of)}" if job.retry_of else ""),
            )
            for job in page.items
        ),
        numbers=("STORED", "FAILED"),
    )


def retry(
    job: Job,
    code: Annotated[
        list[str] | None,
        typer.Option(
            "--code",
            metavar="CODE",
            help="Only files with this error code; may be repeated",
            show_default=False,
        ),
    ] = None,
    wait: Wait = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Retry the failed files of a job."""
    return ask(url, api_key, lambda client: _retry(client, job, code or [], wait=wait, json=json))


async def _retry(client: AsyncClient, job: str, codes: list[str], *, wait: bool, json: bool) -> Exit:
    failed = await client.jobs.find(job)
    taken = await failed.retry(codes)
    if not wait:
        if json:
            as_json({"job_id": taken.job_id, "retry_of": failed.job_id})
        else:
            line(f"job {short(taken.job_id)} retries the failed files of {short(failed.job_id)}")
        return Exit.OK
    try:
        found = await watch(taken, quiet=json)
    except asyncio.CancelledError:
        still_running([taken.job_id])
        raise
    if json:
        as_json(found)
    else:
        tell(found)
    return verdict(found)


def cancel(job: Job, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Cancel a job.

    Files in flight are finished, the others are skipped.
    """
    _order(job, "cancel", url, api_key, json=json)


def pause(job: Job, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Pause a job.

    Files in flight are finished, no further ones are started.
    """
    _order(job, "pause", url, api_key, json=json)


def resume(job: Job, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Resume a paused job."""
    _order(job, "resume", url, api_key, json=json)


def _order(job: str, action: str, url: str | None, api_key: str | None, *, json: bool) -> None:
    async def order(client: AsyncClient) -> tuple[AsyncJob, str]:
        found = await client.jobs.find(job)
        return found, await found.command(action)

    found, state = ask(url, api_key, order)
    if json:
        as_json({"job_id": found.job_id, "state": state})
    else:
        line(f"job {short(found.job_id)} is {state}")
