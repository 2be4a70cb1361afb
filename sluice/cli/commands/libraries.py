"""`sluice libraries`: places of photos that are followed."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from sluice.aio.client import AsyncClient
from sluice.cli.exits import Exit
from sluice.cli.fitting import short
from sluice.cli.jobs.following import tell, verdict, watch
from sluice.cli.options import ApiKey, AsJson, Collection, Url, ask
from sluice.cli.output import as_json, line, local_time, remark, sentence, table
from sluice.models.libraries import Library, Prune

app = typer.Typer(help="Follow folders and buckets of photos.", rich_markup_mode=None, add_completion=False)

NEVER = "never"
_DURATION = re.compile(r"(?:pt?)?(\d+)([mhd])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _rescan(text: str | None) -> str | None:
    """30m, 24h, PT24H, 7d or never; BadParameter for anything else."""
    if text is not None and text != NEVER and _DURATION.fullmatch(text) is None:
        raise typer.BadParameter(f"{text!r} is not a duration: use 30m, 24h, 7d or {NEVER}")
    return text


def _duration(text: str | None) -> timedelta | None:
    if text is None or (found := _DURATION.fullmatch(text)) is None:
        return None
    return timedelta(**{_UNITS[found[2].lower()]: int(found[1])})


Named = Annotated[
    str, typer.Argument(metavar="LIBRARY", help="Name or id of the library", show_default=False)
]
Rescan = Annotated[
    str | None,
    typer.Option(
        "--rescan",
        metavar="TIME",
        callback=_rescan,
        help="Rescan this often: 30m, 24h, 7d or never",
        show_default=False,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        help="Skip matching files (gitignore syntax); may be repeated",
        show_default=False,
    ),
]
Protect = Annotated[
    list[str] | None,
    typer.Option("--protect", metavar="FOLDER", help="Never move its files as copies", show_default=False),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    uri: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Folder or bucket of the photos", show_default=False)
    ],
    collection: Collection = None,
    watch: Annotated[bool, typer.Option("--watch", help="Also watch for changes as they happen")] = False,
    rescan: Rescan = None,
    prune: Annotated[Prune, typer.Option(help="Remove points of deleted files")] = "auto",
    exclude: Exclude = None,
    protect: Protect = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Follow a folder or bucket from now on."""
    made = ask(
        url,
        api_key,
        lambda client: client.libraries.add(
            name,
            _absolute(uri),
            collection,
            watch=watch,
            rescan=_duration(rescan),
            prune=prune,
            exclude=exclude or (),
            protect=protect or (),
        ),
    )
    if json:
        as_json(made)
        return
    sentence(f"library {made.name} follows {made.uri} into collection {made.collection}")
    if not made.watch and made.rescan is None:
        remark(f"scan it with `sluice libraries scan {made.name}`")


@app.command("list")
def list_all(json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """List all libraries."""
    found = ask(url, api_key, lambda client: client.libraries.all())
    if json:
        as_json(found)
        return
    if not found:
        remark("no library yet: add one with `sluice libraries add NAME FOLDER --watch`")
        return
    table(
        ("NAME", "WATCHED", "RESCAN", "LAST SCAN", "COLLECTION", "WHERE"),
        (
            (
                each.name,
                each.following.watching,
                _often(each),
                local_time(each.following.scanned_at) or NEVER,
                each.collection,
                each.uri,
            )
            for each in found
        ),
    )


@app.command()
def show(library: Named, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Show a library, and how it is followed."""
    found = ask(url, api_key, lambda client: client.libraries.find(library))
    if json:
        as_json(found)
        return
    following = found.following
    due = local_time(following.next_scan_at)
    facts = {
        "name": found.name,
        "id": found.library_id,
        "where": found.uri,
        "collection": found.collection,
        "watched": following.watching if found.watch else "no",
        "rescan": f"{_often(found)}, next at {due}" if due else _often(found),
        "prune": found.prune,
        "exclude": " ".join(found.exclude) or "nothing",
        "protect": " ".join(found.protect) or "nothing",
        "followed by": following.followed_by or "no scanner yet",
        "last scan": local_time(following.scanned_at) or NEVER,
        "last job": following.job_id or "none",
    }
    for title, value in facts.items():
        line(f"{title:<14} {value}")
    if following.error:
        remark(f"cannot be followed now: {following.error}")


@app.command()
def scan(
    library: Named,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until the job finishes")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Compare a library with its files now."""
    return ask(url, api_key, lambda client: _scan(client, library, wait=wait, json=json))


@app.command()
def update(
    library: Named,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Rename the library", show_default=False)
    ] = None,
    watch: Annotated[
        bool | None,
        typer.Option("--watch/--no-watch", help="Watch for changes as they happen", show_default=False),
    ] = None,
    rescan: Rescan = None,
    prune: Annotated[
        Prune | None, typer.Option(help="Remove points of deleted files", show_default=False)
    ] = None,
    exclude: Exclude = None,
    protect: Protect = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Change the settings of a library; the others stay.

    --exclude "" and --protect "" clear the list.
    """
    named: dict[str, Any] = {"name": name, "watch": watch, "prune": prune}
    changes = {key: value for key, value in named.items() if value is not None}
    for key, values in {"exclude": exclude, "protect": protect}.items():
        if values is not None:
            changes[key] = [each for each in values if each]
    if rescan is not None:
        changes["rescan"] = _duration(rescan)
    if not changes:
        raise typer.BadParameter("name what is to change, such as --watch or --rescan 24h")
    changed = ask(url, api_key, lambda client: _update(client, library, changes))
    if json:
        as_json(changed)
    else:
        line(f"updated library {changed.name}")


@app.command()
def remove(library: Named, json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Stop following a library. Its points and files stay."""
    gone = ask(url, api_key, lambda client: _remove(client, library))
    if json:
        as_json({"library_id": gone.library_id, "name": gone.name, "removed": True})
    else:
        line(f"removed library {gone.name}; its points and files stay")


async def _scan(client: AsyncClient, library: str, *, wait: bool, json: bool) -> Exit:
    found = await client.libraries.find(library)
    job = await client.libraries.scan(found.library_id)
    if not wait:
        as_json(job.submitted) if json else line(f"job {short(job.job_id)} scans library {found.name}")
        return Exit.OK
    status = await watch(job, quiet=json)
    as_json(status) if json else tell(status)
    return verdict(status)


async def _update(client: AsyncClient, library: str, changes: dict[str, Any]) -> Library:
    found = await client.libraries.find(library)
    return await client.libraries.update(found.library_id, **changes)


async def _remove(client: AsyncClient, library: str) -> Library:
    found = await client.libraries.find(library)
    await client.libraries.remove(found.library_id)
    return found


def _absolute(uri: str) -> str:
    """A folder that is here by its whole path; what is elsewhere as it is."""
    return str(Path(uri).absolute()) if "://" not in uri and Path(uri).exists() else uri


def _often(library: Library) -> str:
    """24 h, or 90 min."""
    if library.rescan is None:
        return NEVER
    minutes = round(library.rescan.total_seconds() / 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
