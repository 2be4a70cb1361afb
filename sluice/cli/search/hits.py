"""What a search found, for people: its hits, where they are, and what the model could make of the query."""

from collections.abc import Iterator, Sequence

from sluice.aio.client import AsyncClient
from sluice.cli.fitting import columns, counted, cropped
from sluice.cli.jobs.report import score
from sluice.models.photos import Photo, SearchResults

TITLES = ("score", "id", "path", "url", "caption")
_HOW = {
    "vector": " by what pictures show",
    "hybrid": " by what pictures show, and by words",
    "lexical": " by the words of captions, names and places",
    "lexical_unranked": " for words, unranked: the store is older than Qdrant 1.20",
    "list": "",
}
LITE = "lite knows colours, not things: set ML_MODEL=labels to search by what pictures show"
LABELS = (
    "the model labels knows the English names of 1,000 things, and none of these words; "
    "docs/models.md names models that know sentences"
)


def url_of(photo: Photo, base: str) -> str:
    """Where a browser sees the picture."""
    return f"{base}/api/v1/images/{photo.id}/image"


def lines(photos: Sequence[Photo], base: str) -> Iterator[str]:
    """Three lines a hit: score and path, id and caption, URL."""
    width = columns()
    for photo in photos:
        caption = photo.payload.caption or ""
        room = len(caption) if width is None else width - len(photo.id) - 4
        yield f"{score(photo)}  {photo.payload.full_path or photo.payload.filename}".strip()
        yield f"  {photo.id}  {cropped(caption, room)}".rstrip()
        yield f"  {url_of(photo, base)}"


def rows(photos: Sequence[Photo], base: str) -> Iterator[Sequence[object]]:
    """A row a hit, as TITLES names them."""
    for photo in photos:
        path = photo.payload.full_path or photo.payload.filename
        yield score(photo).strip(), photo.id, path, url_of(photo, base), photo.payload.caption


def heading(found: SearchResults) -> str:
    """Which collection was searched, and how."""
    return f"searched the collection {found.collection}{_HOW.get(found.mode, '')}"


async def limits(client: AsyncClient, found: SearchResults, *, by_words: bool) -> str | None:
    """What the model cannot do, where that is why words alone were searched; `by_words`: it was asked for."""
    if by_words or found.mode != "lexical":
        return None
    model = (await client.capabilities()).model or ""
    known = LITE if model.startswith("lite") else LABELS if model.startswith("labels") else None
    return None if known is LABELS and found.results else known


def guesses(count: int, shown: int) -> str | None:
    """What is said of hits that are none by the model's own measure."""
    if not count:
        return None
    hidden = counted(count, "less similar photo")
    if shown:
        return f"{hidden} not listed; --all lists them"
    return f"no photo is similar enough; --all lists {hidden}"
