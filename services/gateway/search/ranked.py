"""A page of a ranking: the points behind a cursor or an offset, with what is shown of them."""

from dataclasses import dataclass

from libs.common.points.fields import Fields
from libs.common.store.protocol import (
    Filter,
    FusedRanking,
    NearRanking,
    Ranked,
    Ranking,
    Record,
    Store,
    WordRanking,
)
from libs.common.store.vectors import cosine
from services.gateway.search import cursors
from services.gateway.search.requested import Hit, Page
from services.gateway.search.why import READ, Why, words_found

_NEW = 200
"""Points that may have been stored before the cursor's place since its page was read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A ranking of a collection, under a condition; `but` is left out."""

    collection: str
    ranking: Ranking
    where: Filter | None
    but: str | None = None


async def ranked_page(store: Store, wanted: Wanted, page: Page) -> tuple[list[Hit], str | None]:
    """The hits of the page, and the cursor of the next one; None at the end."""
    after = cursors.of_ranking(page.cursor)
    place = after.place if after else page.offset
    found = await _behind(store, wanted, page, after)
    shown = found[: page.limit]
    hits = await _shown(store, wanted, shown, page.shown)
    if len(found) <= page.limit or not shown:
        return hits, None
    last = cursors.Ranked(shown[-1].score, shown[-1].id, place + len(shown))
    return hits, cursors.encoded(last)


async def _behind(store: Store, wanted: Wanted, page: Page, after: cursors.Ranked | None) -> list[Ranked]:
    """What comes behind the cursor or the offset: one more than the page has, if there is."""
    start, spare = (after.place, _NEW) if after else (page.offset, 0)
    but = 1 if wanted.but else 0
    limit = start + page.limit + 1 + spare + but
    ranked = await store.rank(wanted.collection, wanted.ranking, limit=limit, where=wanted.where)
    found = [hit for hit in ranked if hit.id != wanted.but]
    if after is None:
        return found[start:]
    last = (-after.score, after.id)
    return [hit for hit in found if (-hit.score, hit.id) > last]


async def _shown(store: Store, wanted: Wanted, ranked: list[Ranked], fields: tuple[str, ...]) -> list[Hit]:
    """The hits; those that were deleted since they were ranked are left out."""
    vectors = isinstance(wanted.ranking, FusedRanking)
    read = tuple(dict.fromkeys((*fields, *READ)))
    records = await store.retrieve(
        wanted.collection, [hit.id for hit in ranked], payload=read, vectors=vectors
    )
    there = {record.id: record for record in records}
    return [_hit(wanted.ranking, hit, there[hit.id], fields) for hit in ranked if hit.id in there]


def _hit(ranking: Ranking, hit: Ranked, record: Record, fields: tuple[str, ...]) -> Hit:
    words = words_found(_words(ranking), Fields(record.payload))
    payload = {field: value for field, value in record.payload.items() if field in fields}
    return Hit(hit.id, _score(ranking, hit), payload, Why(_likeness(ranking, hit, record), words))


def _score(ranking: Ranking, hit: Ranked) -> float:
    """What clients are shown: of words a number between 0 and 1, in the order of the ranking."""
    return hit.score / (1 + hit.score) if isinstance(ranking, WordRanking) else hit.score


def _likeness(ranking: Ranking, hit: Ranked, record: Record) -> float | None:
    match ranking:
        case NearRanking():
            return hit.score
        case FusedRanking(vector=vector):
            return cosine(vector, [record.vector or []])[0] if record.vector else None
        case WordRanking():
            return None


def _words(ranking: Ranking) -> list[str]:
    match ranking:
        case NearRanking():
            return []
        case FusedRanking(words=words):
            return words.text.split()
        case WordRanking(text=text):
            return text.split()
