"""Bodies about the system itself."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.gateway.api.models import Body

State = Literal["starting", "ready", "waiting", "stopped", "gone"]


class ServiceOut(Body):
    """One instance of a stage. `lag`: records its stage has yet to take; null where that is not known.

    `rate`: records a second that its stage takes, over the last 5 s; null until two samples were taken.
    `batch`: records that it sends to the model or the store at once, at most. `held`: records that it has
    taken and not finished.
    """

    stage: str
    instance: str
    version: str
    state: State
    reason: str | None = None
    lag: int | None = None
    rate: float | None = None
    batch: int | None = None
    held: int = 0
    seen_at: datetime


class InFlightOut(Body):
    """A file that an instance works on since `since`; `tries`: how often work on it was begun in vain.

    `reason` is why the instance waits, if it does.
    """

    file: str
    file_id: str
    stage: str
    instance: str
    since: datetime
    tries: int
    reason: str | None = None


class DeadLetterOut(Body):
    """A record that could not be handled. `letter`: how `sluice dlq replay` is told which."""

    letter: str = Field(examples=["0/17"])
    topic: str
    code: str
    error: str
    at: datetime
    job_id: str | None = None
    file_id: str | None = None


class DeadLettersOut(Body):
    """How many there are, and the latest, the newest first."""

    total: int
    items: list[DeadLetterOut]


class HealthOut(Body):
    """How the gateway is, and each stage as it was last heard of."""

    status: Literal["healthy", "alive", "ready", "waiting"]
    reason: str | None = None
    services: dict[str, State] = Field(default_factory=dict)


class CapabilitiesOut(Body):
    """What the system can do now. A batch size is null where no instance of its stage is heard of.

    Not ready: a stage that a job needs does not work, or the model is known not to fit the active collection.
    `advice`: what would make it better, as a Qdrant server for a large collection.
    """

    ml_batch_size: int | None
    qdrant_batch_size: int | None
    is_ready_for_ingestion: bool
    not_ready_reason: str | None = None
    active_collection: str | None
    model: str | None
    advice: str | None = None
