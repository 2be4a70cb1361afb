"""Bodies about searches."""

from typing import Any, Literal

from pydantic import Field

from services.gateway.api.models import Body


class TextQuery(Body):
    """A text to look for."""

    query: str = Field(min_length=1, max_length=1000, examples=["a sandy beach"])
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10_000)
    filters: dict[str, Any] | None = Field(
        None,
        description="{field: value | [values] | {gte, lte}} on payload fields",
        examples=[{"format": "JPEG", "width": {"gte": 1000}}],
    )


class Hit(Body):
    """One image found. `score`: the cosine similarity, or the share of the words found."""

    id: str
    score: float
    payload: dict[str, Any]


class Hits(Body):
    """What was found, best first."""

    results: list[Hit]
    mode: Literal["vector", "lexical"] = Field(description="How: by meaning, or by words")
    model: str | None
    complete: bool = Field(description="False where the time ended before every image was looked at")
