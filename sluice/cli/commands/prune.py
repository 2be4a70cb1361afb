"""`sluice prune`: removing what a sync left waiting, and putting it back."""

from typing import Annotated

import typer

from sluice.aio.client import AsyncClient
from sluice.cli.exits import Exit
from sluice.cli.fitting import counted, short
from sluice.cli.jobs.following import tell, verdict, watch
from sluice.cli.options import ApiKey, AsJson, Job, Url, ask
from sluice.cli.output import as_json, line


def prune(
    job: Job,
    undo: Annotated[bool, typer.Option("--undo", help="Restore the points that the job removed")] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the job finishes")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Remove points of deleted files that a sync kept.

    Starts a job that compares the folder again. With --undo, restores the points
    that JOB removed; possible for 30 days.
    """
    if undo and wait:
        raise typer.BadParameter("--undo is done when it returns: leave out --wait")
    if undo:
        return ask(url, api_key, lambda client: _put_back(client, job, json=json))
    return ask(url, api_key, lambda client: _prune(client, job, wait=wait, json=json))


async def _prune(client: AsyncClient, job: str, *, wait: bool, json: bool) -> Exit:
    waiting = await client.jobs.find(job)
    taken = await waiting.prune()
    if not wait:
        as_json(taken.submitted) if json else line(
            f"job {short(taken.job_id)} removes what {short(waiting.job_id)} left"
        )
        return Exit.OK
    status = await watch(taken, quiet=json)
    as_json(status) if json else tell(status)
    return verdict(status)


async def _put_back(client: AsyncClient, job: str, *, json: bool) -> Exit:
    found = await client.jobs.find(job)
    points = await found.undo_prune()
    as_json({"job_id": found.job_id, "points": points}) if json else line(
        f"put back {counted(points, 'point')}"
    )
    return Exit.OK
