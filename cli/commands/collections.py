"""`sluice collections`: make, choose, look at, merge and remove them."""

import asyncio
import sys
from typing import Annotated, Any, Literal

import typer

from cli.bodies import CollectionInfo
from cli.client import Client, segment
from cli.exits import Exit
from cli.options import ApiKey, AsJson, Url, ask
from cli.output import as_json, line, local_time
from libs.common.errors import Code, SluiceError
from libs.common.store.names import WORDS, canonical, is_name

app = typer.Typer(help="Create, select, show, merge and delete collections.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


def _new_name(name: str) -> str:
    if not is_name(canonical(name)):
        raise typer.BadParameter(f"use {WORDS}")
    return canonical(name)


NewName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="1-128 characters", callback=_new_name, show_default=False),
]

Distance = Literal["Cosine", "Euclid", "Dot", "Manhattan"]
"""As libs.common.store.protocol has it, which would bring numpy along."""

_TASK_LOOK_SECONDS = 0.5
_TASK_OVER = frozenset(("completed", "failed", "cancelled"))


@app.command("list")
def list_all(json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """List all collections; the active one is marked."""
    found = ask(url, api_key, lambda client: client.collections())
    if json:
        as_json(found)
    elif not found.collections:
        line("no collection yet: create one with `sluice collections create NAME --select`", stderr=True)
    for name in () if json else found.collections:
        line(f"{'*' if name == found.active else ' '} {name}")


@app.command()
def create(
    name: NewName,
    select: Annotated[bool, typer.Option("--select", help="Also select it")] = False,
    vector_size: Annotated[int | None, typer.Option(min=1, show_default=False)] = None,
    distance: Annotated[Distance | None, typer.Option(case_sensitive=False, show_default=False)] = None,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Create an empty collection."""
    shape = {"vector_size": vector_size, "distance": distance}

    async def make(client: Client) -> None:
        await client.create_collection(name, **{key: value for key, value in shape.items() if value})
        if select:
            await client.select_collection(name)

    ask(url, api_key, make)
    line(f"created {name}{' and selected it' if select else ''}")


@app.command()
def select(name: Name, url: Url = None, api_key: ApiKey = None) -> None:
    """Select the active collection, used where none is named."""
    ask(url, api_key, lambda client: client.select_collection(name))
    line(f"{name} is the active collection")


@app.command()
def info(name: Name, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Show a collection's shape and counts."""
    path = f"/collections/{segment(name)}/info"
    if json:
        as_json(ask(url, api_key, lambda client: client.get(path, dict[str, Any])))
        return
    found = ask(url, api_key, lambda client: client.get(path, CollectionInfo))
    facts = {
        "name": f"{found.name}{' (active)' if found.is_active else ''}",
        "status": found.status,
        "points": str(found.points_count),
        "vectors": f"{found.config.vector_size} dimensions, {found.config.distance}",
        "model": found.model or "none yet (empty)",
        "cache cleared": local_time(found.cache_cleared_at or "") or "never",
    }
    for title, value in facts.items():
        line(f"{title:<14} {value}")


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking")] = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Delete a collection and its points. Files on disk stay."""
    if not yes and not _confirmed(f"Delete the collection {name} and all its points?"):
        return Exit.FAILED
    ask(url, api_key, lambda client: client.send("DELETE", f"/collections/{segment(name)}", Any))
    line(f"deleted {name}; the files on disk are untouched")
    return Exit.OK


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise SluiceError(Code.INVALID_REQUEST, "not a terminal: pass --yes to confirm")
    return typer.confirm(question)


@app.command("clear-cache")
def clear_cache(url: Url = None, api_key: ApiKey = None) -> None:
    """Clear the active collection's cache.

    The next ingest processes its images again, and no other collection's.
    """
    path = "/collections/cache/clear"
    answer = ask(url, api_key, lambda client: client.send("POST", path, dict[str, Any]))
    line(f"cache cleared for {answer.get('collection')}; the next ingest reprocesses its photos")


@app.command()
def merge(
    destination: Annotated[
        str, typer.Argument(metavar="DEST", help="The collection that is added to", show_default=False)
    ],
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", show_default=False)],
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the merge finishes")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Copy collections into another.

    Points are added to DEST; nothing is removed anywhere.
    """
    body = {"dest_collection": destination, "source_collections": sources}

    async def start(client: Client) -> dict[str, Any]:
        task: dict[str, Any] = await client.send("POST", "/collections/merge", dict[str, Any], json=body)
        return await _task_over(client, str(task["task_id"])) if wait else task

    task = ask(url, api_key, start)
    if json:
        as_json(task)
    elif not wait:
        line(f"task {task['task_id']} merges {', '.join(sources)} into {destination}")
    else:
        line(f"the merge into {destination} {task['status']}{_because(task)}")
    return Exit.FAILED if wait and task["status"] != "completed" else Exit.OK


async def _task_over(client: Client, task_id: str) -> dict[str, Any]:
    while True:
        task: dict[str, Any] = await client.get(f"/tasks/{segment(task_id)}", dict[str, Any])
        if task.get("status") in _TASK_OVER:
            return task
        await asyncio.sleep(_TASK_LOOK_SECONDS)


def _because(task: dict[str, Any]) -> str:
    return f": {task['error']}" if task.get("error") else ""
