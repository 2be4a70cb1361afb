"""Bodies about folders that may be ingested."""

from pydantic import Field

from services.gateway.api.models import Body


class FoldersOut(Body):
    """The folders in one, by name. `path` and `parent` are null for the roots."""

    path: str | None = Field(examples=["/photos"])
    parent: str | None = Field(examples=[None])
    folders: list[str] = Field(examples=[["/photos/2019", "/photos/2020"]])
    pictures: int = Field(description="Files in it, without those below, whose names promise a picture")
    truncated: bool = Field(description="It has more entries than were looked at")
