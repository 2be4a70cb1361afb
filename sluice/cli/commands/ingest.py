"""`sluice ingest`: photos in, by path where the gateway sees them, else by upload."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from sluice.aio.client import AsyncClient
from sluice.aio.collections import FIRST
from sluice.aio.jobs import AsyncJob
from sluice.cli.exits import Exit
from sluice.cli.fitting import short
from sluice.cli.jobs.following import not_a_file, still_running, tell, verdict, watch, worst
from sluice.cli.options import ApiKey, AsJson, Collection, Url, ask
from sluice.cli.output import as_json, console, remark, sentence
from sluice.errors import Code, SluiceError
from sluice.files.selecting import Selection, select, sendable
from sluice.models.jobs import JobStatus

OnDuplicate = Literal["skip", "store"]
_UNSEEN = frozenset((Code.DIRECTORY_NOT_FOUND, Code.OUTSIDE_ROOTS))


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What was asked for."""

    collection: str | None
    force: bool
    upload: bool
    wait: bool
    as_json: bool
    on_duplicate: OnDuplicate
    sync: bool = False
    exclude: tuple[str, ...] = ()
    callback_url: str | None = None

    @property
    def needs_folder(self) -> bool:
        """Whether the gateway has to read the folder itself."""
        return self.sync or bool(self.exclude)


class Started(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job that was started, and how it ended if that was waited for."""

    path: str
    job_id: str
    uploaded: bool
    ignored: list[str] = []
    status: JobStatus | None = None


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="DIR_OR_FILE...", help="Photos or folders to ingest", show_default=False),
    ],
    collection: Collection = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the job finishes")] = False,
    force: Annotated[bool, typer.Option("--force", help="Reprocess unchanged and cached files")] = False,
    upload: Annotated[
        bool, typer.Option("--upload", help="Upload the files even if the gateway can read them")
    ] = False,
    on_duplicate: Annotated[
        OnDuplicate,
        typer.Option("--on-duplicate", help="What to do with uploads whose content is stored already"),
    ] = "skip",
    sync: Annotated[
        bool, typer.Option("--sync", help="Also update points of moved and deleted files")
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            metavar="PATTERN",
            help="Skip matching files (gitignore syntax); may be repeated",
            show_default=False,
        ),
    ] = None,
    callback_url: Annotated[
        str | None,
        typer.Option("--callback-url", metavar="URL", help="URL to call when a job ends", show_default=False),
    ] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Ingest photos.

    Each path becomes a job. Files that the gateway cannot read are uploaded. With
    --wait the exit status is 3 if files failed, 1 if a job failed.
    """
    for path in paths:
        if not path:
            raise typer.BadParameter("a path is empty: is a shell variable unset?")
        if not Path(path).exists() and not _absolute(path):
            raise not_a_file(path)
    options = SubmitOptions(
        collection, force, upload, wait, json, on_duplicate, sync, tuple(exclude or ()), callback_url
    )
    if upload and options.needs_folder:
        raise typer.BadParameter("--sync and --exclude are for folders that the gateway reads: not --upload")
    return ask(url, api_key, lambda client: _ingest(client, paths, options))


async def _ingest(client: AsyncClient, paths: Sequence[str], options: SubmitOptions) -> Exit:
    if options.collection is None:
        await _ensure_collection(client)
    started = await _start_all(client, paths, options)
    ends = [Exit.OK]
    if options.wait:
        started = await _wait(client, started, options)
        ends = [verdict(each.status) for each in started if each.status]
    if options.as_json:
        as_json({"jobs": started})
    return worst(ends)


async def _start_all(client: AsyncClient, paths: Sequence[str], options: SubmitOptions) -> list[Started]:
    """A job a path. Where one cannot be started, a program still learns of those before it."""
    started: list[Started] = []
    try:
        for path in paths:
            started += [await _start(client, path, options)]
    except SluiceError:
        if options.as_json and started:
            as_json({"jobs": started})
        raise
    return started


async def _start(client: AsyncClient, path: str, options: SubmitOptions) -> Started:
    local, shown = _local(path), sendable(path)
    here = await asyncio.to_thread(local.exists)
    # JSON holds no other names: a file that has one can only be sent itself.
    upload = here and (options.upload or sendable(str(local)) != str(local))
    if not upload:
        try:
            job = await client.ingest(
                str(local) if here else path,
                options.collection,
                force=options.force or None,
                sync=options.sync or None,
                exclude=list(options.exclude) or None,
                callback_url=options.callback_url,
            )
        except SluiceError as error:
            if error.code not in _UNSEEN or not here or options.needs_folder:
                raise
        else:
            return _reported(Started(shown, job.job_id, uploaded=False), job, options)
    job = await _upload(client, local, options)
    ignored = job.submitted.ignored if job.submitted else []
    return _reported(Started(shown, job.job_id, uploaded=True, ignored=ignored), job, options)


async def _upload(client: AsyncClient, source: Path, options: SubmitOptions) -> AsyncJob:
    await _check_collection(client, options.collection)
    chosen = await asyncio.to_thread(select, source)
    if chosen.no_pictures:
        remark(f"not uploaded, not pictures: {chosen.no_pictures}")
    if chosen.links:
        remark(f"not uploaded, links out of {source}: {chosen.links}")
    return await _send(client, chosen, options)


async def _ensure_collection(client: AsyncClient) -> None:
    """The first photos go into a collection that is made for them, so that nothing has to be known before."""
    if await client.collections.ensure_active(FIRST):
        remark(f"no collection was selected: created and selected {FIRST}")


async def _check_collection(client: AsyncClient, name: str | None) -> None:
    """The gateway would say it too, but to a client only once gigabytes have been sent."""
    if name is not None and name not in await client.collections.names():
        raise SluiceError(Code.COLLECTION_NOT_FOUND, f"there is no collection {name}")


async def _send(client: AsyncClient, chosen: Selection, options: SubmitOptions) -> AsyncJob:
    # Only here: it takes longer to import than most commands run.
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    shown = console(stderr=True)
    columns = (TextColumn("     "), BarColumn(bar_width=30), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True) as bar:
        task = bar.add_task("upload", total=sum(file.size for file in chosen.files))
        return await client.jobs.upload(
            chosen.files,
            options.collection,
            sent=lambda count: bar.advance(task, count),
            force=options.force or None,
            on_duplicate=None if options.on_duplicate == "skip" else options.on_duplicate,
            callback_url=options.callback_url,
        )


def _reported(started: Started, job: AsyncJob, options: SubmitOptions) -> Started:
    if not options.as_json:
        how = "uploaded: " if started.uploaded else ""
        said = job.submitted.message if job.submitted else ""
        sentence(f"job {short(started.job_id)}  {how}{said}")
        if not options.wait:
            remark(f"follow it with `sluice status {short(started.job_id)} --follow`")
    return started


async def _wait(client: AsyncClient, started: Sequence[Started], options: SubmitOptions) -> list[Started]:
    ended: list[Started] = []
    try:
        for each in started:
            status = await watch(client.job(each.job_id), quiet=options.as_json)
            ended.append(msgspec.structs.replace(each, status=status))
            if not options.as_json:
                tell(status)
    except asyncio.CancelledError:
        still_running([each.job_id for each in started[len(ended) :]])
        raise
    return ended


def _local(path: str) -> Path:
    """The path from the root. A symlink stays one: the gateway resolves it, and people know its name."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.absolute keeps `..`)


def _absolute(path: str) -> bool:
    """Whether it may be a URI, or a path of the gateway's machine, which may be a Windows client's."""
    return Path(path).is_absolute() or path[1:2] == ":" or path.startswith("\\\\") or "://" in path
