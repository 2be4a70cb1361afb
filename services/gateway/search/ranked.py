"""A page of a ranking, with why each hit is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.points.fields import Fields
from libs.common.store import protocol
from libs.common.store.protocol import NearRanking, RankedBy, Ranking, Store, WordRanking
from services.gateway.search import cursors
from services.gateway.search.requested import Hit, Page
from services.gateway.search.why import READ, Why, words_found


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a page, the cursor of the next one, and whether words had a part in it."""

    hits: list[Hit]
    next: str | None
    by_words: bool


async def ranked_page(store: Store, name: str, ranking: Ranking, page: Page, but: str | None = None) -> Found:
    """The hits of the page, and the cursor of the next one; None at the end. The point `but` is left out."""
    read = tuple(dict.fromkeys((*page.shown, *READ)))
    wanted = RankedBy(name, ranking, page.where, read, but)
    asked = cursors.digest(type(ranking).__name__, page.asked)
    found = await store.ranked_page(wanted, page.limit, cursors.of_ranking(page.cursor, asked), page.offset)
    words, shown = _words(ranking) if found.by_words else (), frozenset(page.shown)
    hits = [_hit(ranking, hit, words, shown) for hit in found.hits]
    following = cursors.encoded(cursors.Ranked.of(found.next, asked)) if found.next else None
    return Found(hits, following, found.by_words)


def _hit(ranking: Ranking, hit: protocol.Hit, words: Sequence[str], shown: frozenset[str]) -> Hit:
    payload = {field: value for field, value in hit.payload.items() if field in shown}
    why = Why(hit.likeness, words_found(words, Fields(hit.payload)))
    return Hit(hit.id, _score(ranking, hit.score), payload, why)


def _score(ranking: Ranking, score: float) -> float:
    """What clients are shown: of words a number between 0 and 1, in the order of the ranking."""
    return score / (1 + score) if isinstance(ranking, WordRanking) else score


def _words(ranking: Ranking) -> list[str]:
    if isinstance(ranking, NearRanking):
        return []
    words = ranking if isinstance(ranking, WordRanking) else ranking.words
    return words.text.split()
