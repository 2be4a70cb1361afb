"""`sluice duplicates`: find, review, archive, restore and decide."""

import asyncio
import base64
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from cli.client import Client, segment
from cli.contact_sheet import sheet
from cli.exits import Exit
from cli.options import ApiKey, AsJson, Url, ask
from cli.output import as_json, line

app = typer.Typer(help="Find, review, archive, restore and decide on duplicates.", rich_markup_mode=None)

Task = Annotated[str, typer.Argument(metavar="TASK", help="As `find` printed it", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list what would move")]
Protect = Annotated[
    list[str] | None,
    typer.Option("--protect", metavar="FOLDER", help="Keep the files of this folder", show_default=False),
]

_LOOK_SECONDS = 0.5
_PAGE = 200


@app.command()
def find(
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least likeness")] = 0.98,
    mode: Annotated[Literal["keeper", "strict", "similar"], typer.Option()] = "keeper",
    protect: Protect = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Look for duplicates in the active collection, and wait for the end."""
    body = {"threshold": threshold, "mode": mode, "protect": protect or []}
    task = ask(url, api_key, lambda client: _found(client, body))
    if json:
        as_json(task)
    elif task["status"] == "completed":
        line(f"{task['task_id']}: {task['totals']['groups']} groups in {task['totals']['points']} pictures")
    else:
        line(f"{task['task_id']} {task['status']}: {task['error']}", stderr=True)
    if task["status"] != "completed":
        raise typer.Exit(Exit.FAILED)


@app.command()
def review(
    task: Task,
    sort: Annotated[Literal["space", "likeness"] | None, typer.Option(show_default=False)] = None,
    below: Annotated[str | None, typer.Option(metavar="FOLDER", show_default=False)] = None,
    decided: Annotated[bool, typer.Option("--decided", help="Show what was decided, too")] = False,
    protect: Protect = None,
    contact_sheet: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Write the pictures to this file", show_default=False)
    ] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show the groups that a search found, as the index has them now."""
    params = {"sort": sort, "below": below, "decided": decided, "protect": protect}
    groups = ask(url, api_key, lambda client: _groups(client, task, params))
    if contact_sheet is not None:
        contact_sheet.write_bytes(sheet([_thumbnails(group) for group in groups]))
    if json:
        as_json(groups)
    for group in () if json else groups:
        line(f"{group['space']:>12,} bytes to be had; kept: {group['reason']}")
        for each in group["points"]:
            line(f"    {each['advice']:<8}{each['score']:.3f}  {each['file_path']}")


@app.command()
def archive(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Copies of files that stay")],
    protect: Protect = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Move exact copies into `_VibeDuplicates` next to them."""
    body = {"file_paths": paths, "protect": protect or [], "dry_run": dry_run}
    done = ask(url, api_key, lambda client: client.send("POST", "/duplicates/archive-exact", dict, json=body))
    if json:
        as_json(done)
        return
    for each in done["archived"]:
        line(f"{each['path']} -> {each['to']}")
    for each in done["skipped"]:
        line(f"{each['path']} stays: {each['detail']}", stderr=True)
    if done["archive_id"]:
        line(f"`sluice duplicates restore {done['archive_id']}` moves them back", stderr=True)


@app.command()
def restore(
    archive_id: Annotated[str, typer.Argument(metavar="ARCHIVE", show_default=False)],
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Move an archive's files back to where they were."""
    path = f"/archives/{segment(archive_id)}/restore"
    done = ask(url, api_key, lambda client: client.send("POST", path, dict, json={"dry_run": dry_run}))
    if json:
        as_json(done)
    for each in () if json else done["moves"]:
        line(f"{each['to']}: {each['state']}")


@app.command()
def decide(
    hashes: Annotated[list[str] | None, typer.Argument(metavar="HASH...", show_default=False)] = None,
    undo: Annotated[str | None, typer.Option(metavar="DECISION", show_default=False)] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Say that contents are no duplicates of each other; without any, list what was decided."""
    decisions = ask(url, api_key, lambda client: _decided(client, hashes or [], undo))
    if json:
        as_json(decisions)
    for each in () if json else decisions:
        line(f"{each['decision_id']}  {' '.join(each['hashes'])}")


async def _found(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    taken: dict[str, Any] = await client.send("POST", "/duplicates/find-similar", dict, json=body)
    while True:
        task: dict[str, Any] = await client.send("GET", f"/tasks/{taken['task_id']}", dict)
        if task["status"] in ("completed", "failed", "cancelled"):
            return task
        await asyncio.sleep(_LOOK_SECONDS)


async def _groups(client: Client, task: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    given = {name: value for name, value in params.items() if value}
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**given, "limit": _PAGE} | ({"cursor": cursor} if cursor else {})
        page = await client.send("GET", f"/duplicates/report/{segment(task)}", dict, params=asked)
        found += page["results"]
        cursor = page["next"]
        if cursor is None:
            return found


async def _decided(client: Client, hashes: list[str], undo: str | None) -> list[dict[str, Any]]:
    if undo is not None:
        return [await client.send("DELETE", f"/duplicates/decisions/{segment(undo)}", dict)]
    if hashes:
        body = {"hashes": hashes, "decision": "keep_all"}
        return [await client.send("POST", "/duplicates/decisions", dict, json=body)]
    found: list[dict[str, Any]] = await client.send("GET", "/duplicates/decisions", list)
    return found


def _thumbnails(group: dict[str, Any]) -> list[bytes]:
    shown = [msgspec.convert(each["payload"], _Thumbnail) for each in group["points"]]
    return [base64.b64decode(each.thumbnail_base64 or "") for each in shown]


class _Thumbnail(msgspec.Struct):
    """What is shown of a photo of a group."""

    thumbnail_base64: str | None
