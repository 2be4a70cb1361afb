"""Bodies about tasks and about the duplicates that they find."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from services.gateway.api.models import Body
from services.gateway.collections.models import NAME

THRESHOLD = 0.98
TASK = "0c6b35b2-5d27-4f35-9a5e-55c3f2c4a8de"
POINT = "8d0e2f1a-2b1f-5f0e-9c3d-7a1b2c3d4e5f"
State = Literal["pending", "running", "cancelling", "completed", "failed", "cancelled"]
Status = Literal["running", "completed", "failed"]


def _number(value: Any) -> Any:
    """A page in the field sends the collection's name where the threshold belongs."""
    return THRESHOLD if isinstance(value, str) else value


class SimilarRequest(Body):
    """What counts as similar."""

    threshold: Annotated[float, BeforeValidator(_number)] = Field(
        THRESHOLD, ge=0, le=1, description="Least cosine similarity of a pair; a text stands for the default"
    )
    limit_per_image: int = Field(
        10, ge=1, le=1000, description="Taken for clients that send it; every pair is compared"
    )
    mode: Literal["similar", "strict"] = Field(
        "similar", description="Groups of what such pairs connect, or groups in which every pair is one"
    )


class TaskTaken(Body):
    """A task that will be done."""

    task_id: str = Field(examples=[TASK])
    status: Status = "running"
    progress: float = 0.0
    results: tuple[()] = Field((), description="Those of /duplicates/report")


class MemberPayload(Body):
    """What is shown of a picture."""

    filename: str
    thumbnail_base64: str | None


class MemberOut(Body):
    """A picture of a group. `score`: its cosine similarity to the keeper."""

    id: str
    score: float
    payload: MemberPayload


class GroupOut(Body):
    """Pictures that show the same, the keeper first. A large group comes in parts of the same id."""

    group_id: str
    keeper_id: str
    reason: str = Field(description="The rule that decided which to keep", examples=["the largest picture"])
    points: list[MemberOut]


class ReportOut(Body):
    """How far the search for similar pictures is, and a page of what it found once it is completed."""

    task_id: str
    status: Status
    state: State
    progress: float = Field(ge=0, le=100)
    results: list[GroupOut]
    next: str | None = Field(description="`cursor` of the next page; null at the end")
    collection: str
    totals: dict[str, int] = Field(examples=[{"points": 20000, "groups": 12, "similar_points": 31}])
    code: str | None
    error: str | None


class TaskOut(Body):
    """How a task stands."""

    task_id: str = Field(examples=[TASK])
    kind: str = Field(examples=["merge"])
    collection: str
    status: State
    progress: float = Field(ge=0, le=100)
    totals: dict[str, int] = Field(examples=[{"copied": 100, "kept": 2, "rejected": 0}])
    code: str | None
    error: str | None
    created_at: datetime
    updated_at: datetime


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


class MergeRequest(Body):
    """Collections to add to another one."""

    dest_collection: str = Field(pattern=NAME, examples=["all_photos"])
    source_collections: list[str] = Field(min_length=1, max_length=100, examples=[["summer", "winter"]])


class MergeTaken(Body):
    """A merge that will be done; see /tasks."""

    task_id: str = Field(examples=[TASK])
    status: Status = "running"


class SelectionRequest(Body):
    """Points of a collection, for a new one."""

    new_collection_name: str = Field(pattern=NAME, examples=["best_of"])
    source_collection: str = Field(examples=["all_photos"])
    point_ids: list[UUID] = Field(min_length=1, max_length=10_000, examples=[[POINT]])


class SelectionMade(Body):
    """A collection that was made; `missing` are the ids that the source does not have."""

    collection: str
    copied: int
    missing: list[str]
