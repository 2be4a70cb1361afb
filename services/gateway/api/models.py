"""Bodies that every part of the API has."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import Code

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
"""The id of a job, a task, a library or an archive, as the paths of other calls take it."""


class Body(BaseModel):
    """What all bodies share: field names of clients may begin with model_."""

    model_config = ConfigDict(protected_namespaces=())


class FieldError(Body):
    """One field that was wrong."""

    field: str
    message: str


class Problem(Body):
    """An error (RFC 9457). `detail` is one sentence for people, `code` for programs."""

    type: str = Field("about:blank", description="A page about the code, below the gateway's address")
    title: str
    status: int
    detail: str
    code: str = Field(description=f"For programs; so far: {', '.join(sorted(Code))}")
    errors: list[FieldError] = []
    retryable: bool = Field(description="Whether the same call may succeed later")
    request_id: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: the statuses it may answer with a problem, and what anything may."""
    known = sorted({*statuses, 401, 403, 422, 503})
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"model": Problem, "description": _WORDS[status], "content": content} for status in known}


_WORDS = {
    400: "What was asked cannot be done as it was asked",
    401: "The API key is missing or wrong",
    403: "A foreign Origin or Host",
    404: "There is none of that name",
    408: "The body came too slowly",
    409: "It stands in the way of something else",
    410: "It was there and is gone",
    413: "Too large",
    416: "A range beyond the end of the file",
    422: "A field is wrong",
    507: "The disk is full",
    503: "Kafka, the store or the ML service is away: try again",
}
