"""Bodies about duplicates."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from services.gateway.api.models import Body, Id
from services.gateway.tasks.models import TASK, State, Status


def _number(value: Any) -> Any:
    """A page in the field sends the collection's name where the threshold belongs."""
    return None if isinstance(value, str) else value


class SimilarRequest(Body):
    """What counts as similar."""

    threshold: Annotated[float | None, BeforeValidator(_number)] = Field(
        None,
        ge=0,
        le=1,
        description="Least cosine similarity of a pair. Null, or a text: that from which the collection's "
        "model takes two pictures for duplicates, 0.98 where it does not say",
        examples=[0.98],
    )
    limit_per_image: int = Field(
        10, ge=1, le=1000, description="Taken for clients that send it; every pair is compared"
    )
    mode: Literal["keeper", "strict", "similar"] = Field(
        "keeper",
        description="Groups in which each is like the one to keep, or like every other (strict), or "
        "connected by pairs that are alike (similar): a chain can join pictures that have nothing in common",
    )
    protect: list[str] = Field(
        [], max_length=1000, description="Folders whose files are the ones to keep, besides PROTECTED_FOLDERS"
    )


class TaskTaken(Body):
    """A task that will be done."""

    task_id: Id = Field(examples=[TASK])
    status: Status = "running"
    progress: float = 0.0
    results: list[str] = Field([], max_length=0, description="None: they are those of /duplicates/report")


class MemberPayload(Body):
    """What is shown of a picture."""

    filename: str
    thumbnail_base64: str | None


class MemberOut(Body):
    """A picture of a group. `score`: its cosine similarity to the keeper."""

    id: str
    score: float
    payload: MemberPayload
    advice: Literal["keep", "archive", "look"] = Field(
        "look",
        description="archive: the same content or the same pixels as the keeper's; look: alike, for people "
        "to decide; keep: the keeper, a protected file, another name of the keeper's file",
    )
    file_path: str = ""
    hash: str | None = None
    size: int | None = Field(None, description="Bytes")
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    camera: str | None = None
    sharpness: float | None = Field(None, description="Of the thumbnail: compare it within a group")
    same_file: bool | None = Field(None, description="Another name of the keeper's file, a hard link")
    same_pixels: bool | None = Field(None, description="Whether a second look at the pixels says so too")
    stacked: list[str] = Field([], description="Ids of other files of the same picture, moved with it")


class GroupOut(Body):
    """Pictures that show the same, the keeper first. A large group comes in parts of the same id."""

    group_id: str
    keeper_id: str
    reason: str = Field(description="The rule that decided which to keep", examples=["the largest picture"])
    points: list[MemberOut]
    space: int = Field(0, description="Bytes to be had: all but the keeper, protected files and other names")
    likeness: float = Field(1.0, description="The least score in it")
    differs: list[str] = Field([], description="EXIF tags in which they differ", examples=[["Make"]])


class DecisionRequest(Body):
    """Contents that are no duplicates of each other; of one content: its files."""

    hashes: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(
        min_length=1, max_length=1000, examples=[["ab" * 32]]
    )
    decision: Literal["keep_all"]


class DecisionOut(Body):
    """What was decided."""

    decision_id: str
    hashes: list[str]
    decision: Literal["keep_all"]
    at: datetime


class ReportQuery(Body):
    """Which groups of a report."""

    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200)
    sort: Literal["space", "likeness"] | None = Field(None, description="None: the largest groups first")
    below: str | None = Field(None, description="Only groups with a file below this folder")
    decided: bool = Field(False, description="Show what people decided to keep, too")
    protect: list[str] = Field([], description="Folders whose files are kept")


class ReportOut(Body):
    """How far the search for similar pictures is, and a page of what it found once it is completed."""

    task_id: Id
    status: Status
    state: State
    progress: float = Field(ge=0, le=100)
    results: list[GroupOut]
    next: str | None = Field(description="`cursor` of the next page; null at the end")
    collection: str
    totals: dict[str, int] = Field(examples=[{"points": 20000, "groups": 12, "similar_points": 31}])
    compared: Literal["pairs", "index"] = Field(
        "pairs", description="Every pair; or, above 250,000 points, what the store's index found near each"
    )
    recall: float | None = Field(
        None, description="Of the ten nearest of 256 points, the share that the index found"
    )
    code: str | None
    error: str | None


class CopyOut(Body):
    """A file of a group of the same content."""

    id: str
    file_path: str
    filename: str


class ExactGroupOut(Body):
    """Files of the same content. `keeper`: the id of the one to keep."""

    hash: str
    keeper: str
    reason: str = Field(examples=["the oldest file"])
    files: list[CopyOut]


class ExactPage(Body):
    """Some groups; there are more as long as `next` is set, also behind an empty page."""

    groups: list[ExactGroupOut]
    next: str | None
