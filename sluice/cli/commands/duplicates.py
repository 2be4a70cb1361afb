"""`sluice duplicates`: find, review, archive, restore and decide."""

import base64
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sluice.aio.client import AsyncClient
from sluice.aio.duplicates import Likeness, Order
from sluice.cli.duplicate_rows import Picture, planned, rows, show, way_back
from sluice.cli.exits import Exit
from sluice.cli.options import ApiKey, AsJson, Url, ask
from sluice.cli.output import as_csv, as_json, line
from sluice.errors import Code, SluiceError
from sluice.models.duplicates import ArchivePlan, Decision, Group, TaskStatus

app = typer.Typer(help="Find, review, archive, restore and decide on duplicates.", rich_markup_mode=None)

Task = Annotated[str, typer.Argument(metavar="TASK", help="As `find` printed it", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only list what would move")]
Protect = Annotated[
    list[str] | None,
    typer.Option("--protect", metavar="FOLDER", help="Keep the files of this folder", show_default=False),
]


@app.command()
def find(
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least likeness")] = 0.98,
    mode: Annotated[Likeness, typer.Option()] = "keeper",
    protect: Protect = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Look for duplicates in the active collection, and wait for the end."""

    async def found(client: AsyncClient) -> TaskStatus:
        task = await client.duplicates.find(threshold=threshold, mode=mode, protect=protect or ())
        return await task.wait()

    task = ask(url, api_key, found)
    if json:
        as_json(task)
    elif task.status == "completed":
        line(f"{task.task_id}: {task.totals['groups']} groups in {task.totals['points']} pictures")
        if recall := task.totals.get("recall_permille"):
            line(f"by the store's index, which found {recall / 10:.1f} % of the nearest pictures")
        show(ask(url, api_key, lambda client: _groups(client, task.task_id, protect=protect or ())))
    else:
        line(f"{task.task_id} {task.status}: {task.error}", stderr=True)
    if task.status != "completed":
        raise typer.Exit(Exit.FAILED)


@app.command()
def review(
    task: Task,
    sort: Annotated[Order | None, typer.Option(show_default=False)] = None,
    below: Annotated[str | None, typer.Option(metavar="FOLDER", show_default=False)] = None,
    decided: Annotated[bool, typer.Option("--decided", help="Show what was decided, too")] = False,
    protect: Protect = None,
    contact_sheet: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Write the pictures to this file", show_default=False)
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print a row for each picture")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show the groups that a search found, as the index has them now."""

    groups = ask(
        url,
        api_key,
        lambda client: _groups(client, task, sort=sort, below=below, decided=decided, protect=protect or ()),
    )
    if contact_sheet is not None:
        _draw(groups, contact_sheet)
    if json:
        as_json(groups)
    elif csv:
        as_csv(("group", "kept_because", *Picture.__struct_fields__), rows(groups))
    else:
        show(groups)


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
    done = ask(
        url,
        api_key,
        lambda client: client.duplicates.archive(paths, protect=protect or (), dry_run=dry_run),
    )
    if json:
        as_json(done)
        return
    for each in done.archived:
        line(f"{each.path} -> {each.to}")
    for kept in done.skipped:
        line(f"{kept.path} stays: {kept.detail}", stderr=True)
    if done.archive_id:
        line(way_back(done.archive_id), stderr=True)


@app.command()
def restore(
    archive_id: Annotated[str, typer.Argument(metavar="ARCHIVE", show_default=False)],
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Move an archive's files back to where they were."""
    done = ask(url, api_key, lambda client: client.duplicates.restore(archive_id, dry_run=dry_run))
    if json:
        as_json(done)
    for each in () if json else done.moves:
        line(f"{each.from_} -> {each.to}  {each.state}")


@app.command()
def decide(
    hashes: Annotated[
        list[str] | None,
        typer.Argument(metavar="HASH...", help="Contents that are no duplicates", show_default=False),
    ] = None,
    undo: Annotated[
        str | None, typer.Option(metavar="DECISION", help="Undo this decision", show_default=False)
    ] = None,
    report: Annotated[
        str | None, typer.Option(metavar="TASK", help="Decide on all groups of it", show_default=False)
    ] = None,
    keep_below: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="In each group keep what lies there", show_default=False),
    ] = None,
    alike: Annotated[
        bool, typer.Option("--alike", help="Move what is only alike, too, not just the same pixels")
    ] = False,
    below: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Only groups with a file there", show_default=False),
    ] = None,
    protect: Protect = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Decide on duplicates: what is none, or what of each group of a report moves.

    With HASH: these contents are no duplicates of each other. With --report and
    --keep-below: what lies in that folder stays, and its copies elsewhere move. With
    neither: lists what was decided.
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
        line(f"{each.decision_id}  {' '.join(each.hashes)}")


async def _by_rule(report: str, keep_below: str, client: AsyncClient, **rule: Any) -> ArchivePlan:
    return await client.duplicates.archive_by_rule(report, keep_below, **rule)


async def _groups(client: AsyncClient, task: str, **requested: Any) -> list[Group]:
    return [group async for group in client.duplicates.groups(task, **requested)]


async def _decided(client: AsyncClient, hashes: list[str], undo: str | None) -> list[Decision]:
    if undo is not None:
        return [await client.duplicates.undecide(undo)]
    return [await client.duplicates.decide(hashes)] if hashes else await client.duplicates.decisions()


def _draw(groups: list[Group], target: Path) -> None:
    """The groups as one PNG. SluiceError bad_setting where Pillow, which draws it, is not installed."""
    try:
        from sluice.cli.contact_sheet import sheet  # noqa: PLC0415 (Pillow comes with the extra `pictures`)
    except ModuleNotFoundError as error:
        detail = "a contact sheet needs Pillow: install `sluice[pictures]`, or Pillow next to sluice"
        raise SluiceError(Code.BAD_SETTING, detail) from error
    target.write_bytes(sheet([_thumbnails(group) for group in groups]))


def _thumbnails(group: Group) -> list[bytes]:
    return [base64.b64decode(each.payload.thumbnail_base64 or "") for each in group.points]
