"""What a search is asked for, and what it answers."""

from dataclasses import dataclass
from typing import Literal

from libs.common.points.projections import SEARCH, TILE
from libs.common.points.words import Query
from libs.common.store.protocol import Filter, Payload
from services.gateway.search.why import Why

Mode = Literal["hybrid", "meaning", "words"]
Found = Literal["vector", "lexical", "hybrid", "lexical_unranked", "list"]
"""By meaning, by words, by both, by words that an older store does not rank, or nothing was looked for."""

NO_QUERY = Query((), (), ())


@dataclass(frozen=True, slots=True)
class Page:
    """Which hits are wanted, what they fulfil, the cursor that they come after, and the fields of each."""

    limit: int
    offset: int = 0
    where: Filter | None = None
    cursor: str | None = None
    shown: tuple[str, ...] = SEARCH
    asked: str = ""
    """What is looked for, in short: a cursor of another search is told apart by it."""


def shown(*, thumbnails: bool) -> tuple[str, ...]:
    """The fields of each hit."""
    return TILE if thumbnails else SEARCH


@dataclass(frozen=True, slots=True)
class Hit:
    """A point that was found."""

    id: str
    score: float
    payload: Payload
    why: Why


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, and the cursor of the next page."""

    found: list[Hit]
    mode: Found
    model: str | None
    next: str | None = None
    collection: str = ""
    floor: float | None = None
    """The cosine below which the model takes nothing for what was looked for; None: it does not say."""
