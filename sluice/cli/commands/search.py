"""`sluice search`: by a picture, or by a text."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sluice import wire
from sluice.aio.client import AsyncClient
from sluice.cli.exits import Exit
from sluice.cli.filters import SearchFilters
from sluice.cli.options import ApiKey, AsJson, Url, ask, local_url
from sluice.cli.output import as_json, line, table
from sluice.errors import Code, SluiceError
from sluice.files.formats import accepted_suffixes
from sluice.files.selecting import sendable
from sluice.models.photos import Photo, SearchResults

_SUFFIXES = accepted_suffixes(gif=True)
_MESSAGE = {
    "lexical": "by the words of captions, names, people, places and cameras",
    "lexical_unranked": "has the words, in no order: the store is older than Qdrant 1.20",
}


def search(
    query: Annotated[
        str | None,
        typer.Argument(metavar="IMAGE_OR_TEXT", help="A picture's path, or words; neither lists all"),
    ] = None,
    after: Annotated[str | None, typer.Option(help="Taken in or after a year, month or day")] = None,
    before: Annotated[str | None, typer.Option(help="Taken before a year, month or day")] = None,
    below: Annotated[str | None, typer.Option(help="Below this folder")] = None,
    near: Annotated[str | None, typer.Option(help='"lat,lon,km"')] = None,
    camera: Annotated[str | None, typer.Option(help="By this camera")] = None,
    place: Annotated[str | None, typer.Option(help="In this city, region or country")] = None,
    mode: Annotated[str | None, typer.Option(help="hybrid, meaning or words")] = None,
    sort: Annotated[str | None, typer.Option(help="A field, or -field: -taken_at")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many")] = 10,
    show: Annotated[bool, typer.Option("--open", help="Open the best one")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Search the active collection.

    An existing file is searched by its looks, anything else as a text.
    """
    if query is not None and not query.strip():
        raise typer.BadParameter("give a picture's path, or words")
    filters = SearchFilters(after, before, below, near, camera, place).body()
    requested = {"mode": mode, "sort": sort, "filters": filters or None, "limit": limit}
    body = {name: value for name, value in requested.items() if value is not None}
    answer = ask(url, api_key, lambda client: _search(client, query, body))
    found = msgspec.convert(answer, SearchResults)
    if json:
        as_json(answer)
    else:
        _print(found)
    if show and found.results:
        _open(found.results[0], url)
    return Exit.OK


async def _search(client: AsyncClient, query: str | None, body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer, for programs too."""
    if query is None:
        return await client.http.call("POST", "/search", dict[str, Any], json=body)
    picture = Path(query)
    if await asyncio.to_thread(_is_file, picture):
        content = await asyncio.to_thread(picture.read_bytes)
        files = {"file": (sendable(picture.name), content)}
        if {"mode", "sort"} & body.keys():
            raise typer.BadParameter("a search by a picture is by likeness: leave --mode and --sort out")
        params = wire.given({"limit": body["limit"], "filters": wire.as_query(body.get("filters"))})
        return await client.http.call("POST", "/search/image", dict[str, Any], params=params, files=files)
    if picture.suffix.lower() in _SUFFIXES:
        raise SluiceError(Code.FILE_VANISHED, f"there is no picture {query}")
    return await client.http.call("POST", "/search", dict[str, Any], json={"query": query, **body})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # Words, too many of them for a file name.
        return False


def _print(found: SearchResults) -> None:
    if not found.results:
        line("nothing was found", stderr=True)
        return
    if found.mode in _MESSAGE:
        line(_MESSAGE[found.mode], stderr=True)
    table(
        ("SCORE", "FILE", "CAPTION"),
        (
            (
                f"{hit.score or 0:.3f}",
                hit.payload.full_path or hit.payload.filename,
                hit.payload.caption or "",
            )
            for hit in found.results
        ),
        numbers=("SCORE",),
    )


def _open(best: Photo, url: str | None) -> None:
    """Show it with what this machine shows pictures with: the file if it is here, else the gateway's page."""
    path = best.payload.full_path
    here = path is not None and _is_file(Path(path))
    base = url.rstrip("/") if url else local_url()
    target = str(path) if here else f"{base}/api/v1/images/{best.id}/image"
    if typer.launch(target) != 0:
        raise SluiceError(Code.NOT_FOUND, f"no program here opens pictures; look at {target}")
