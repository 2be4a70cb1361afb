"""`sluice collections`: make, choose, look at, merge and remove them."""

import sys
from typing import Annotated, Any

import typer

from sluice import wire
from sluice.aio.client import AsyncClient
from sluice.cli.commands import collection_contents
from sluice.cli.exits import Exit
from sluice.cli.fitting import short
from sluice.cli.options import ApiKey, AsJson, Url, ask
from sluice.cli.output import as_json, line, local_time, remark
from sluice.errors import Code, SluiceError
from sluice.models.collections import Distance
from sluice.models.duplicates import TaskStatus
from sluice.names import WORDS, canonical, is_name

app = typer.Typer(
    help="Create, select, show, merge and delete collections.", rich_markup_mode=None, add_completion=False
)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


def _new_name(name: str) -> str:
    if not is_name(canonical(name)):
        raise typer.BadParameter(f"use {WORDS}")
    return canonical(name)


NewName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="1-128 characters", callback=_new_name, show_default=False),
]


@app.command("list")
def list_all(json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """List all collections; the active one is marked."""
    found = ask(url, api_key, lambda client: client.collections.all())
    if json:
        as_json(found)
    elif not found.collections:
        remark("no collection yet: create one with `sluice collections create NAME --select`")
    for name in () if json else found.collections:
        line(f"{'*' if name == found.active else ' '} {name}")


@app.command()
def create(
    name: NewName,
    select: Annotated[bool, typer.Option("--select", help="Also select it")] = False,
    vector_size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Dimensions (default: the model's)", show_default=False),
    ] = None,
    distance: Annotated[
        Distance | None,
        typer.Option(case_sensitive=False, help="Distance (default: cosine)", show_default=False),
    ] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Create an empty collection."""

    async def make(client: AsyncClient) -> None:
        await client.collections.create(name, vector_size=vector_size, distance=distance)
        if select:
            await client.collections.select(name)

    ask(url, api_key, make)
    if json:
        as_json({"collection": name, "selected": select})
    else:
        line(f"created {name}{' and selected it' if select else ''}")


@app.command()
def select(name: Name, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Select the collection that commands use by default."""
    ask(url, api_key, lambda client: client.collections.select(name))
    if json:
        as_json({"collection": name, "selected": True})
    else:
        line(f"selected {name}")


@app.command()
def info(name: Name, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Show a collection's shape and counts."""
    if json:
        path = f"/collections/{wire.segment(name)}/info"
        as_json(ask(url, api_key, lambda client: client.http.get(path, dict[str, Any])))
        return
    found = ask(url, api_key, lambda client: client.collections.info(name))
    facts = {
        "name": f"{found.name}{' (active)' if found.is_active else ''}",
        "status": found.status,
        "points": str(found.points_count),
        "vectors": f"{found.config.vector_size} dimensions, {found.config.distance}",
        "model": found.model or "none yet (empty)",
        "cache cleared": local_time(found.cache_cleared_at) or "never",
    }
    for title, value in facts.items():
        line(f"{title:<14} {value}")


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Delete a collection and its points. Files on disk stay."""
    if not yes and not _confirmed(f"Delete the collection {name} and all its points?"):
        return Exit.FAILED
    ask(url, api_key, lambda client: client.collections.delete(name))
    if json:
        as_json({"collection": name, "deleted": True})
    else:
        line(f"deleted {name}; the files on disk are untouched")
    return Exit.OK


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise SluiceError(Code.INVALID_REQUEST, "not a terminal: pass --yes to confirm")
    return typer.confirm(question)


@app.command("clear-cache")
def clear_cache(json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Clear the active collection's cache.

    The next ingest reprocesses its photos. Other collections keep their cache.
    """
    cleared = ask(url, api_key, lambda client: client.collections.clear_cache())
    if json:
        as_json(cleared)
    else:
        line(f"cache cleared for {cleared.collection}; the next ingest reprocesses its photos")


@app.command()
def merge(
    destination: Annotated[
        str, typer.Argument(metavar="DEST", help="Collection to copy into", show_default=False)
    ],
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Collections to copy", show_default=False)
    ],
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the merge finishes")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Copy collections into another.

    Points are added to DEST; nothing is removed anywhere.
    """

    async def start(client: AsyncClient) -> TaskStatus:
        task = await client.collections.merge(destination, sources)
        return await task.wait() if wait else await task.status()

    task = ask(url, api_key, start)
    if json:
        as_json(task)
    elif not wait:
        line(f"task {short(task.task_id)} merges {', '.join(sources)} into {destination}")
    else:
        line(f"the merge into {destination} {task.status}{f': {task.error}' if task.error else ''}")
    return Exit.FAILED if wait and task.status != "completed" else Exit.OK


app.command()(collection_contents.model)
app.command()(collection_contents.describe)
