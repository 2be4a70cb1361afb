"""`sluice collections model` and `describe`: by which model photos are found, and what is said of them."""

from typing import Annotated, Literal

import typer

from sluice.aio.client import AsyncClient
from sluice.cli.exits import Exit
from sluice.cli.fitting import counted, short
from sluice.cli.jobs.following import still_running, tell, verdict, watch
from sluice.cli.options import After, ApiKey, AsJson, Before, Below, Camera, Near, Place, Url, ask
from sluice.cli.output import as_json, line, remark
from sluice.cli.search.filters import SearchFilters
from sluice.models.collections import CollectionModel, Held, OtherModel
from sluice.models.jobs import JobStatus, Want

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
Kind = Literal["captions", "text"]
_WANTS: dict[Kind, Want] = {"captions": "caption", "text": "text"}


def model(
    name: Name,
    change_to: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Embed the photos again, with this model", show_default=False),
    ] = None,
    switch: Annotated[
        OtherModel | None, typer.Option(help="Search the previous vectors, or those being filled")
    ] = None,
    drop: Annotated[OtherModel | None, typer.Option(help="Delete these vectors")] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show or change the model of a collection.

    Searches use the present vectors until all photos have new ones. The previous
    ones stay until they are dropped.
    """
    if sum(each is not None for each in (change_to, switch, drop)) > 1:
        raise typer.BadParameter("give one of --change-to, --switch and --drop")

    async def changed(client: AsyncClient) -> CollectionModel:
        if change_to:
            await client.collections.change_model(name, change_to)
        if switch:
            await client.collections.switch_model(name, switch)
        if drop:
            await client.collections.drop_model(name, drop)
        return await client.collections.model(name)

    found = ask(url, api_key, changed)
    if json:
        as_json(found)
        return
    for title, held in (("present", found.present), ("filling", found.filling), ("previous", found.previous)):
        if held is not None:
            line(f"{title:<9} {_held(held)}")
    if found.filling and found.filling.job_id:
        remark(f"follow it with `sluice status {short(found.filling.job_id)} --follow`")


def _held(held: Held) -> str:
    return f"{held.filled_by or held.model or 'none yet (empty)'}, {counted(held.points, 'photo')}"


def describe(
    name: Name,
    add: Annotated[Kind, typer.Option(help="Captions, or the text that pictures show", show_default=False)],
    after: After = None,
    before: Before = None,
    below: Below = None,
    near: Near = None,
    camera: Camera = None,
    place: Place = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace captions or text that are there already")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the job finishes")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Add captions, or the text in pictures, to photos.

    For photos that are in the collection; their vectors stay as they are. Needs
    CAPTION_URL, or TEXT_MODEL, set where the services run.
    """
    filters = SearchFilters(after, before, below, near, camera, place).body()

    async def described(client: AsyncClient) -> JobStatus:
        job = await client.jobs.describe(name, [_WANTS[add]], filters=filters or None, force=force)
        return await watch(job, quiet=json) if wait else await job.status()

    status = ask(url, api_key, described)
    if json:
        as_json(status)
    elif wait:
        tell(status)
    else:
        line(f"job {short(status.job_id)} adds {add} to {name}")
        still_running([status.job_id])
    return verdict(status) if wait else Exit.OK
