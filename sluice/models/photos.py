"""What the gateway answers about photos: hits of searches, lists, counts, the map."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

Filters = Mapping[str, Any]
"""`{field: value | [values] | {gte, lte, gt, lt}}`, `below`, `near`, `box`, `has`, `missing`, `not`."""
Mode = Literal["hybrid", "meaning", "words"]


class PhotoPayload(Struct, frozen=True):
    """What is stored next to a vector, as far as it is typed; `taken_at` as its camera wrote it, ISO 8601."""

    filename: str = ""
    caption: str | None = None
    full_path: str | None = None
    taken_at: str | None = None
    meta: dict[str, Any] = {}
    thumbnail_base64: str | None = None


class Word(Struct, frozen=True):
    """A word of a query, and the field that has it."""

    word: str
    field: str


class Why(Struct, frozen=True):
    """Why a photo was found: cosine similarity, and the words that it has."""

    likeness: float | None = None
    words: list[Word] = []


class Photo(Struct, frozen=True):
    """A hit of a search, a member of a group, or a photo in a list.

    `score`: the cosine similarity, or the rank of its words; None in a list.
    """

    id: str
    payload: PhotoPayload
    score: float | None = None
    why: Why | None = None


class SearchResults(Struct, frozen=True):
    """What a search found, best first, and how: vector, lexical, hybrid, lexical_unranked, or list."""

    results: list[Photo]
    mode: str = ""
    next: str | None = None
    collection: str = ""
    model: str | None = None
    floor: float | None = None
    """The likeness from which the model takes a photo for what was looked for."""

    @property
    def likely(self) -> list[Photo]:
        """Those that have words of the query, or are as like it as the model wants; others are guesses."""
        return [photo for photo in self.results if not self.is_guess(photo)]

    def is_guess(self, photo: Photo) -> bool:
        """Whether neither its words nor its likeness say that it is what was looked for."""
        why = photo.why
        if self.floor is None or why is None or why.words or why.likeness is None:
            return False
        return why.likeness < self.floor


class PhotoPage(Struct, frozen=True):
    """A page of a collection's photos."""

    items: list[Photo]
    next: str | None = None


class Facet(Struct, frozen=True):
    """A value of a field, and how many photos have it."""

    value: str | int | bool
    count: int


class Facets(Struct, frozen=True):
    """The most frequent values of each field, and how many photos there are."""

    facets: dict[str, list[Facet]]
    total: int


class PhotoInfo(Struct, frozen=True):
    """What is known of one photo; EXIF under its bare names."""

    id: str
    filename: str
    full_path: str | None = None
    caption: str | None = None
    tags: list[str] = []
    width: int | None = None
    height: int | None = None
    format: str | None = None
    file_hash: str | None = None
    collection: str | None = None
    model: str | None = None
    exif: dict[str, str] = {}
    title: str | None = None
    description: str | None = None
    people: list[str] = []
    keywords: list[str] = []
    rating: int | None = None
    place: list[str] = []
    location: dict[str, float] | None = None
    taken_local: str | None = None
    text: str | None = None
    stack: str | None = None


class MapPoint(Struct, frozen=True):
    """A photo in the plane."""

    id: str
    x: float
    y: float
    filename: str
    cluster_id: int | None = None


class PhotoMap(Struct, frozen=True):
    """A sample of a collection in the plane."""

    points: list[MapPoint]
    collection: str
