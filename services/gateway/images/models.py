"""Bodies about images."""

from typing import Any

from pydantic import Field

from services.gateway.api.models import Body


class ImageOut(Body):
    """What is known of an image."""

    id: str
    filename: str
    full_path: str | None
    caption: str | None
    tags: list[str]
    file_hash: str | None
    width: int | None
    height: int | None
    format: str | None
    mode: str | None
    has_thumbnail: bool
    exif: dict[str, str] = Field(examples=[{"Make": "Sony", "FNumber": "14/5"}])
    collection: str
    model: str | None


class AnyPoint(Body):
    """A point and the fields of its payload that a search shows."""

    id: str
    payload: dict[str, Any]
