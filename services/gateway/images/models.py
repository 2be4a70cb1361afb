"""Bodies about images."""

from typing import Any

from pydantic import Field

from services.gateway.api.models import Body


class ImageOut(Body):
    """What is known of an image; from `title` on only what there is."""

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
    title: str | None = None
    description: str | None = None
    people: list[str] | None = Field(None, description="As the file or its sidecar names them")
    keywords: list[str] | None = None
    rating: int | None = None
    place: list[str] | None = Field(
        None, description="The nearest town, its region, country and country code"
    )
    location: dict[str, float] | None = Field(None, description="`lat` and `lon` in degrees")
    taken_local: str | None = Field(None, description="By the camera's own clock")
    text: str | None = Field(None, description="The words that were read in the picture")
    stack: str | None = Field(None, description="Shared by the files of one picture")


class AnyPoint(Body):
    """A point and the fields of its payload that a search shows."""

    id: str
    payload: dict[str, Any]
