"""What a search command asks for: like a picture's file, by words, or a list; in pages."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from sluice import wire
from sluice.aio.client import AsyncClient
from sluice.errors import Code, SluiceError
from sluice.files.formats import accepted_suffixes
from sluice.files.selecting import sendable

PAGE = 100
"""The most hits that the gateway gives at once."""
_SUFFIXES = accepted_suffixes(gif=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: `query` is a picture's path or words, None lists all; `body` has the conditions."""

    query: str | None
    body: dict[str, Any]
    limit: int


async def found(client: AsyncClient, wanted: Wanted) -> dict[str, Any]:
    """The whole answer, for programs too: that of the first page with the hits of all."""
    picture = await asyncio.to_thread(_picture, wanted.query)
    answer = await _page(client, wanted, picture, None)
    following = answer
    while following.get("next") and len(answer["results"]) < wanted.limit:
        following = await _page(client, wanted, picture, following["next"])
        answer["results"] += following["results"]
    answer["results"] = answer["results"][: wanted.limit]
    return answer | {"next": following.get("next")}


async def _page(
    client: AsyncClient, wanted: Wanted, picture: tuple[str, bytes] | None, cursor: str | None
) -> dict[str, Any]:
    body = wire.given(wanted.body | {"limit": min(wanted.limit, PAGE), "cursor": cursor})
    if picture is None:
        sent = wire.given({"query": wanted.query, **body})
        return await client.http.call("POST", "/search", dict[str, Any], json=sent)
    if {"mode", "sort"} & body.keys():
        raise typer.BadParameter("a search by a picture is by likeness: leave --mode and --sort out")
    params = body | {"filters": wire.as_query(body.get("filters"))}
    files = {"file": picture}
    return await client.http.call(
        "POST", "/search/image", dict[str, Any], params=wire.given(params), files=files
    )


def _picture(query: str | None) -> tuple[str, bytes] | None:
    """The name and the content of the file that the query is; None for words."""
    if query is None:
        return None
    path = Path(query)
    if is_file(path):
        return sendable(path.name), path.read_bytes()
    if path.suffix.lower() in _SUFFIXES:
        raise SluiceError(Code.FILE_VANISHED, f"there is no picture {query}")
    return None


def is_file(path: Path) -> bool:
    """Whether it is a file here; False for words that are too many for a name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
