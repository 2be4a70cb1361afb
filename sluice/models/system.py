"""What the gateway answers about itself and its stages, and how it refuses."""

from datetime import datetime

from msgspec import Struct

from sluice.errors import Code, FieldError


class Instance(Struct, frozen=True):
    """One running instance of a stage.

    `lag`: records that its stage has yet to take; `rate`: those that it takes a second.
    """

    stage: str
    instance: str
    state: str
    reason: str | None = None
    lag: int | None = None
    rate: float | None = None
    version: str = ""


class DeadLetter(Struct, frozen=True):
    """A record that could not be handled."""

    letter: str
    topic: str
    code: str
    error: str
    at: datetime


class DeadLetters(Struct, frozen=True):
    """How many there are, and the latest."""

    total: int
    items: list[DeadLetter]


class Capabilities(Struct, frozen=True):
    """What the system can do now."""

    is_ready_for_ingestion: bool = False
    active_collection: str | None = None
    model: str | None = None
    advice: str | None = None
    """What would make it better."""


class FolderListing(Struct, frozen=True):
    """The folders in one that may be ingested; `path` is None for the roots."""

    path: str | None = None
    parent: str | None = None
    folders: list[str] = []
    pictures: int = 0
    truncated: bool = False


class Health(Struct, frozen=True):
    """Whether the gateway can answer, and the state of each stage."""

    status: str
    reason: str | None = None
    services: dict[str, str] = {}


class Problem(Struct, frozen=True):
    """An error as the gateway reports it."""

    detail: str = "the gateway gave no reason"
    code: str = Code.INTERNAL
    retryable: bool = False
    errors: list[FieldError] = []
    request_id: str | None = None
