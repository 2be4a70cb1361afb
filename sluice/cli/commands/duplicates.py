"""`sluice duplicates`: find, review, archive, restore and decide."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sluice.aio.client import AsyncClient
from sluice.aio.duplicates import Likeness, Order
from sluice.cli.duplicate_rows import Picture, planned, rows, show, summary, way_back
from sluice.cli.exits import Exit
from sluice.cli.fitting import arrow, counted, short
from sluice.cli.options import LATEST, ApiKey, AsJson, Url, ask
from sluice.cli.output import as_csv, as_json, line, remark
from sluice.cli.pictures.contact_sheets import draw
from sluice.errors import Code, SluiceError
from sluice.models.duplicates import Archive, ArchivePlan, Decision, Group, Restored, TaskStatus

app = typer.Typer(
    help="Find, review, archive and restore duplicates.",
    rich_markup_mode=None,
    add_completion=False,
)

SHOWN = 10
SHOWN_OF_GROUP = 6
"""Groups that `find` prints, and files of each; `review` prints all."""
Task = Annotated[str, typer.Argument(metavar="TASK", help="Task id, its first characters, or `latest`")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list the files that would move")]
Protect = Annotated[
    list[str] | None,
    typer.Option("--protect", metavar="FOLDER", help="Keep the files of this folder", show_default=False),
]


@app.command()
def find(
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Minimum similarity (default: the model's own)", show_default=False),
    ] = None,
    mode: Annotated[
        Likeness,
        typer.Option(help="Alike to the kept one, to each other, or in a chain"),
    ] = "keeper",
    protect: Protect = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Find duplicates in the active collection."""

    async def found(client: AsyncClient) -> tuple[TaskStatus, list[Group]]:
        task = await client.duplicates.find(threshold=threshold, mode=mode, protect=protect or ())
        ended = await task.wait()
        show_them = ended.status == "completed" and not json
        return ended, await _groups(client, task.task_id, protect=protect or ()) if show_them else []

    task, groups = ask(url, api_key, found)
    if json:
        as_json(task)
    elif task.status == "completed":
        _found(task, groups)
    else:
        remark(f"task {short(task.task_id)} {task.status}: {task.error}")
    if task.status != "completed":
        raise typer.Exit(Exit.FAILED)


def _found(task: TaskStatus, groups: list[Group]) -> None:
    line(f"task {short(task.task_id)}: {summary(groups, task.totals['points'])}")
    if recall := task.totals.get("recall_permille"):
        remark(f"compared by the store's index, which found {recall / 10:.1f} % of the nearest photos")
    show(groups[:SHOWN], most=SHOWN_OF_GROUP)
    if len(groups) > SHOWN:
        remark(f"{counted(len(groups) - SHOWN, 'more group')}: `sluice duplicates review`")
    if groups:
        remark("see them with `sluice duplicates review --contact-sheet groups.png`")
        remark("archive exact copies with `sluice duplicates archive --report latest --dry-run`")


@app.command()
def review(
    task: Task = LATEST,
    sort: Annotated[
        Order | None, typer.Option(help="Largest saving, or most alike, first", show_default=False)
    ] = None,
    below: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Only groups with a file in it", show_default=False)
    ] = None,
    decided: Annotated[bool, typer.Option("--decided", help="Show decided groups as well")] = False,
    protect: Protect = None,
    contact_sheet: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Write thumbnails of the groups to this file", show_default=False),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row per picture")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show the groups that `find` found."""

    async def reviewed(client: AsyncClient) -> list[Group]:
        asked = {"sort": sort, "below": below, "decided": decided, "protect": protect or ()}
        found = await _groups(client, task, **asked)
        if contact_sheet is not None:
            await draw(client, [[each.id for each in group.points] for group in found], contact_sheet)
        return found

    groups = ask(url, api_key, reviewed)
    if contact_sheet is not None:
        remark(f"wrote {contact_sheet}")
    if json:
        as_json(groups)
    elif csv:
        as_csv(("group", "kept_because", *Picture.__struct_fields__), rows(groups))
    else:
        show(groups)


@app.command()
def archive(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Copies to move; each original stays", show_default=False),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="TASK", help="Move all exact copies of this report, or `latest`", show_default=False
        ),
    ] = None,
    protect: Protect = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Move exact copies into `_VibeDuplicates` next to them."""
    if bool(paths) == bool(report):
        raise typer.BadParameter("name files, or a report of `find` with --report")

    async def archived(client: AsyncClient) -> Archive:
        named = paths or await _exact_copies(client, report or LATEST, protect or ())
        return await client.duplicates.archive(named, protect=protect or (), dry_run=dry_run)

    done = ask(url, api_key, archived)
    if json:
        as_json(done)
        return
    for each in done.archived:
        for row in arrow(each.path, each.to):
            line(row)
    for kept in done.skipped:
        remark(f"{kept.path} stays: {kept.detail}")
    remark(f"{'would move' if dry_run else 'moved'} {counted(len(done.archived), 'file')}")
    if done.archive_id:
        remark(way_back(done.archive_id))


@app.command()
def restore(
    archive_id: Annotated[
        str,
        typer.Argument(
            metavar="ARCHIVE", help="Archive id, its first characters, or `latest`", show_default=False
        ),
    ],
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Move an archive's files back to where they were."""

    async def restored(client: AsyncClient) -> Restored:
        found = await client.duplicates.find_archive(archive_id)
        return await client.duplicates.restore(found, dry_run=dry_run)

    done = ask(url, api_key, restored)
    if json:
        as_json(done)
        return
    for each in done.moves:
        line(f"{each.state:<9} {each.to}")
    if not done.moves:
        remark("nothing to move back: the files of this archive are where they were")
        return
    back = [each for each in done.moves if dry_run or each.state == "restored"]
    remark(f"{'would move' if dry_run else 'moved'} {counted(len(back), 'file')} back")


@app.command()
def decide(
    hashes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HASH...", help="Content hashes, as `review --json` prints them", show_default=False
        ),
    ] = None,
    undo: Annotated[
        str | None, typer.Option(metavar="DECISION", help="Undo this decision", show_default=False)
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="TASK", help="Decide all groups of this report, or `latest`", show_default=False
        ),
    ] = None,
    keep_below: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="In each group keep the files in this folder", show_default=False
        ),
    ] = None,
    alike: Annotated[
        bool, typer.Option("--alike", help="Also move similar pictures, not just identical ones")
    ] = False,
    below: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Only groups with a file in it", show_default=False),
    ] = None,
    protect: Protect = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Mark pictures as no duplicates, or move a report's copies.

    HASH... marks these contents as no duplicates of each other. --report with
    --keep-below keeps the files in that folder and moves their copies elsewhere.
    Without either, lists the decisions.
    """
    if report is not None and keep_below is not None:
        by_rule = partial(
            _by_rule, report, keep_below, alike=alike, below=below, protect=protect or (), dry_run=dry_run
        )
        planned(ask(url, api_key, by_rule), json=json)
        return
    if report is not None or keep_below is not None:
        raise typer.BadParameter("--report and --keep-below go together")
    decisions = ask(url, api_key, lambda client: _decided(client, hashes or [], undo))
    if json:
        as_json(decisions)
    for each in () if json else decisions:
        line(f"{each.decision_id}  {' '.join(map(short, each.hashes))}")


async def _by_rule(report: str, keep_below: str, client: AsyncClient, **rule: Any) -> ArchivePlan:
    found = await client.duplicates.task(report)
    return await client.duplicates.archive_by_rule(found.task_id, keep_below, **rule)


async def _groups(client: AsyncClient, task: str, **requested: Any) -> list[Group]:
    found = await client.duplicates.task(task)
    return [group async for group in client.duplicates.groups(found.task_id, **requested)]


async def _exact_copies(client: AsyncClient, report: str, protect: Sequence[str]) -> list[str]:
    """The paths of the copies of a report that have the content of what is kept; SluiceError not_found."""
    groups = await _groups(client, report, protect=protect)
    copies = [
        each.file_path
        for group in groups
        for each in group.points[1:]
        if each.advice == "archive" and each.hash == group.points[0].hash
    ]
    if not copies:
        raise SluiceError(Code.NOT_FOUND, "this report has no exact copies left to archive")
    return copies


async def _decided(client: AsyncClient, hashes: list[str], undo: str | None) -> list[Decision]:
    if undo is not None:
        return [await client.duplicates.undecide(undo)]
    return [await client.duplicates.decide(hashes)] if hashes else await client.duplicates.decisions()
