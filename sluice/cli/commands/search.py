"""`sluice search`: by a picture, or by a text."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sluice import wire
from sluice.aio.client import AsyncClient
from sluice.cli.exits import Exit
from sluice.cli.fitting import counted
from sluice.cli.options import (
    After,
    ApiKey,
    AsJson,
    Before,
    Below,
    Camera,
    Collection,
    Near,
    Place,
    Url,
    ask,
    local_url,
)
from sluice.cli.output import as_csv, as_json, line, remark
from sluice.cli.pictures.contact_sheets import draw, rows_of
from sluice.cli.pictures.copying import copy_to as copied_to
from sluice.cli.search import hits
from sluice.cli.search.filters import SearchFilters
from sluice.cli.search.finding import Wanted, found, is_file
from sluice.errors import Code, SluiceError
from sluice.models.photos import Photo, SearchResults

MOST = 10_000


def search(
    query: Annotated[
        str | None,
        typer.Argument(metavar="IMAGE_OR_TEXT", help="Words, or the path of a picture; omit to list all"),
    ] = None,
    collection: Collection = None,
    after: After = None,
    before: Before = None,
    below: Below = None,
    near: Near = None,
    camera: Camera = None,
    place: Place = None,
    mode: Annotated[str | None, typer.Option(metavar="MODE", help="hybrid, meaning or words")] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Sort by a field; -taken_at: newest first")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=MOST, help="Maximum number of hits")
    ] = 10,
    everything: Annotated[bool, typer.Option("--all", help="List unlikely hits as well")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row per photo")] = False,
    contact_sheet: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Write thumbnails of the hits to this file", show_default=False),
    ] = None,
    copy_to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Copy the files into this folder", show_default=False),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the best hit")] = False,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> int:
    """Search by words, a picture, dates and places.

    An existing file finds pictures similar to it, anything else is searched as
    words. Unlikely hits are hidden; --all lists them as well.
    """
    if query is not None and not query.strip():
        raise typer.BadParameter("give a picture's path, or words")
    filters = SearchFilters(after, before, below, near, camera, place).body()
    body = wire.given({"mode": mode, "sort": sort, "filters": filters or None, "collection": collection})
    base = (url or local_url()).rstrip("/")
    asked = _Asked(Wanted(query, body, limit), everything, contact_sheet, copy_to)
    answer, photos, remarks = ask(url, api_key, lambda client: _search(client, asked))
    if json:
        as_json(answer)
    elif csv:
        as_csv(hits.TITLES, hits.rows(photos, base))
    else:
        _print(photos, base, remarks)
    if show and photos:
        _open(photos[0], base)
    return Exit.OK


class _Asked(msgspec.Struct, frozen=True):
    """A search, whether guesses count, and what is to be made of the hits."""

    wanted: Wanted
    everything: bool
    contact_sheet: Path | None
    copy_to: Path | None


async def _search(client: AsyncClient, asked: _Asked) -> tuple[dict[str, object], list[Photo], list[str]]:
    """The answer, the hits that are listed, and what is said of them."""
    answer = await found(client, asked.wanted)
    results = msgspec.convert(answer, SearchResults)
    photos = results.results if asked.everything else results.likely
    hidden = len(results.results) - len(photos)
    said = [
        hits.heading(results),
        await hits.limits(client, results, by_words=asked.wanted.body.get("mode") == "words"),
        None if results.results else "no photo found",
        hits.guesses(hidden, len(photos)),
    ]
    if asked.contact_sheet is not None:
        await draw(client, rows_of([photo.id for photo in photos]), asked.contact_sheet, first=False)
        said.append(f"wrote {asked.contact_sheet}")
    if asked.copy_to is not None:
        new = await copied_to(client, photos, asked.copy_to)
        said.append(f"copied {counted(new, 'photo')} to {asked.copy_to}")
    return answer, photos, [each for each in said if each]


def _print(photos: list[Photo], base: str, remarks: list[str]) -> None:
    heading, *rest = remarks or [""]
    if heading:
        remark(heading)
    for row in hits.lines(photos, base):
        line(row)
    for each in rest:
        remark(each)


def _open(best: Photo, base: str) -> None:
    """Show it with what this machine shows pictures with: the file if it is here, else the gateway's page."""
    path = best.payload.full_path
    target = str(path) if path is not None and is_file(Path(path)) else hits.url_of(best, base)
    if typer.launch(target) != 0:
        raise SluiceError(Code.NOT_FOUND, f"no program here opens pictures; look at {target}")
