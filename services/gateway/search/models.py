"""Bodies about searches, lists and counts."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.gateway.api.models import Body
from services.gateway.collections.models import Name

FILTERS = (
    "{field: value | [values] | {gte, lte, gt, lt}} on payload fields; below: folder; near: {lat, lon, km}; "
    "box: [west, south, east, north]; has, missing: [fields]; not: {filters, none of which may hold}. "
    "Dates are ISO years, months, days or instants"
)


class SearchQuery(Body):
    """What to look for; without `query` and `like` everything is listed."""

    collection: Name | None = Field(
        None, max_length=255, description="Unset: the active one", examples=["photos"]
    )
    query: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        examples=["a sandy beach"],
        description='Words, "a phrase", -without',
    )
    like: UUID | None = Field(
        None, description="A point of the collection, in place of query, sort and words: what is like it"
    )
    mode: Literal["hybrid", "meaning", "words"] | None = Field(
        None, description="Unset: by meaning and words where the model reads text, else by words"
    )
    filters: dict[str, Any] | None = Field(
        None, description=FILTERS, examples=[{"format": "JPEG", "width": {"gte": 1000}}]
    )
    sort: str | None = Field(
        None, description="A field, or -field; unset: the best first", examples=["-taken_at"]
    )
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10_000)
    cursor: str | None = Field(
        None, max_length=1000, description="`next` of the page before, in place of offset"
    )
    stacks: Literal["cover", "all"] = Field(
        "cover", description="Of several files of one picture: the one that stands for them, or all"
    )
    thumbnails: bool = Field(False, description="Each with its `thumbnail_base64`")


class WordFoundOut(Body):
    """A word of the query, and the field that has it."""

    word: str
    field: str


class WhyOut(Body):
    """Why it was found: the cosine similarity to what was asked for, and the words that it has."""

    likeness: float | None
    words: list[WordFoundOut]


class Hit(Body):
    """One image found. `score`: the cosine similarity, or the rank of its words; larger is better."""

    id: str
    score: float
    payload: dict[str, Any]
    why: WhyOut


class Hits(Body):
    """What was found, best first."""

    results: list[Hit]
    mode: Literal["vector", "lexical", "hybrid", "lexical_unranked", "list"] = Field(
        description="How: by meaning, by words, by both, by words that this store does not rank, or listed"
    )
    model: str | None
    complete: bool = Field(True, description="Always: the store looks at every image")
    next: str | None = Field(description="The cursor of the next page; null at the end")
    collection: str = Field("", description="The collection that was searched")
    floor: float | None = Field(
        None,
        description="The cosine from which the model takes an image for what was looked for; hits of a lower "
        "`likeness` without words are guesses. Null: it does not say, or only words were looked for",
    )


class ListedImage(Body):
    """An image of a collection."""

    id: str
    payload: dict[str, Any]


class ListedPage(Body):
    """A page of a collection's images."""

    items: list[ListedImage]
    next: str | None = Field(description="The cursor of the next page; null at the end")


class FacetOut(Body):
    """A value, and how many images have it."""

    value: str | int | bool
    count: int


class FacetsOut(Body):
    """The most frequent values of each field, and how many images there are."""

    facets: dict[str, list[FacetOut]]
    total: int
