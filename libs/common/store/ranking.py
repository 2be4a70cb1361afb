"""A page of a ranking: the points behind a place, with what is shown of them."""

from dataclasses import replace

from libs.common.store.protocol import (
    Filter,
    FusedRanking,
    Hit,
    NearRanking,
    Place,
    Ranked,
    RankedBy,
    RankedPage,
    Ranking,
    Reads,
    Record,
    WordRanking,
    Words,
)
from libs.common.store.vectors import cosine

_NEW = 200
"""Points that may have been stored before the place where a page ended since that was read."""


async def ranked_page(
    store: Reads, wanted: RankedBy, limit: int, after: Place | None, skipped: int
) -> RankedPage:
    """The hits behind the place, or behind the first `skipped`, and the place where they end.

    Those that were deleted since they were ranked are left out.
    """
    wanted = await _with_words(store, wanted)
    start = after.place if after else skipped
    found = await _behind(store, wanted, limit, after, start)
    shown = found[:limit]
    more = len(found) > limit and shown
    ended = Place(shown[-1].score, shown[-1].id, start + len(shown)) if more else None
    return RankedPage(await _shown(store, wanted, shown), ended, not isinstance(wanted.ranking, NearRanking))


async def _with_words(store: Reads, wanted: RankedBy) -> RankedBy:
    """By nearness alone where no point has any of the words: a fused ranking would lose its scores."""
    match wanted.ranking:
        case FusedRanking(vector, words) if not await _has_any(store, wanted, words):
            return replace(wanted, ranking=NearRanking(vector))
        case _:
            return wanted


async def _has_any(store: Reads, wanted: RankedBy, words: WordRanking) -> bool:
    """Whether a point has any of the words: the first that has, as a ranking would score all of them."""
    every = () if wanted.where is None else (wanted.where,)
    where = Filter(words={words.field: Words(words.text, "any")}, every=every)
    found, _ = await store.scroll(wanted.collection, limit=1, where=where, payload="none")
    return bool(found)


async def _behind(
    store: Reads, wanted: RankedBy, limit: int, after: Place | None, start: int
) -> list[Ranked]:
    """What comes behind the place, or the start: one more than the page has, if there is."""
    depth = start + limit + 1 + (_NEW if after else 0) + (1 if wanted.but else 0)
    ranked = await store.rank(wanted.collection, wanted.ranking, limit=depth, where=wanted.where)
    found = [hit for hit in ranked if hit.id != wanted.but]
    if after is None:
        return found[start:]
    return [hit for hit in found if (-hit.score, hit.id) > (-after.score, after.id)]


async def _shown(store: Reads, wanted: RankedBy, ranked: list[Ranked]) -> list[Hit]:
    vectors = isinstance(wanted.ranking, FusedRanking)
    records = await store.retrieve(
        wanted.collection, [hit.id for hit in ranked], payload=wanted.payload, vectors=vectors
    )
    there = {record.id: record for record in records}
    return [_hit(wanted.ranking, hit, there[hit.id]) for hit in ranked if hit.id in there]


def _hit(ranking: Ranking, hit: Ranked, record: Record) -> Hit:
    return Hit(hit.id, hit.score, record.payload, _likeness(ranking, hit, record))


def _likeness(ranking: Ranking, hit: Ranked, record: Record) -> float | None:
    match ranking:
        case NearRanking():
            return hit.score
        case FusedRanking(vector=vector):
            return cosine(vector, [record.vector])[0] if record.vector else None
        case WordRanking():
            return None
