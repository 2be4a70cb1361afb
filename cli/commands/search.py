"""`sluice search`: by a picture, or by a text."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.bodies import Found, SearchResults
from cli.client import Client
from cli.exits import Exit
from cli.options import ApiKey, AsJson, Url, ask, local_url
from cli.output import as_json, line, table
from cli.upload import sendable
from libs.common.errors import Code, SluiceError
from libs.common.sources.formats import accepted_suffixes

_SUFFIXES = accepted_suffixes(gif=True)


def search(
    query: Annotated[
        str, typer.Argument(metavar="IMAGE_OR_TEXT", help="A picture's path, or words", show_default=False)
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many")] = 10,
    show: Annotated[bool, typer.Option("--open", help="Open the best one")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Search the active collection.

    An existing file is searched by its looks, anything else as a text.
    """
    if not query.strip():
        raise typer.BadParameter("give a picture's path, or words")
    found = ask(url, api_key, lambda client: _search(client, query, limit))
    if json:
        as_json(found)
    else:
        _print(found)
    if show and found.results:
        _open(found.results[0], url)
    return Exit.OK


async def _search(client: Client, query: str, limit: int) -> SearchResults:
    picture = Path(query)
    if await asyncio.to_thread(_is_file, picture):
        content = await asyncio.to_thread(picture.read_bytes)
        files = {"file": (sendable(picture.name), content)}
        return await client.send("POST", "/search/image", SearchResults, params={"limit": limit}, files=files)
    if picture.suffix.lower() in _SUFFIXES:
        raise SluiceError(Code.FILE_VANISHED, f"there is no picture {query}")
    return await client.search_text(query, limit)


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
    if found.mode == "lexical":
        line("by the words of captions, names and EXIF: the model in use reads no text", stderr=True)
    table(
        ("SCORE", "FILE", "CAPTION"),
        (
            (f"{hit.score:.3f}", hit.payload.full_path or hit.payload.filename, hit.payload.caption or "")
            for hit in found.results
        ),
        numbers=("SCORE",),
    )


def _open(best: Found, url: str | None) -> None:
    """Show it with what this machine shows pictures with: the file if it is here, else the gateway's page."""
    path = best.payload.full_path
    here = path is not None and _is_file(Path(path))
    base = url.rstrip("/") if url else local_url()
    target = str(path) if here else f"{base}/api/v1/images/{best.id}/image"
    if typer.launch(target) != 0:
        raise SluiceError(Code.NOT_FOUND, f"no program here opens pictures; look at {target}")
