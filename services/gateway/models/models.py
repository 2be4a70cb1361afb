"""Bodies about the model of a collection."""

from pydantic import Field

from services.gateway.api.models import Body, Id
from services.gateway.jobs.models import JOB

MODEL = "ViT-B-32__laion2b-s34b-b79k"


class ModelRequest(Body):
    """The model that a collection is to have, by the name that the ML service has for it."""

    model: str = Field(min_length=1, max_length=200, examples=[MODEL])


class ModelTaken(Body):
    """A change of the model that is under way: the job fills the collection, which is searched as before."""

    collection: str = Field(examples=["holiday"])
    model: str = Field(examples=[MODEL])
    job_id: Id = Field(examples=[JOB])


class HeldOut(Body):
    """Vectors of one model. `model`: the name to ask for; null: the model in use when they were made."""

    model: str | None = Field(examples=[MODEL])
    filled_by: str | None = Field(None, description="The exact model, with its version; null while empty")
    points: int
    job_id: Id | None = Field(None, description="The job that fills, or filled it")


class ModelOut(Body):
    """What a collection is searched in, what is being filled for it, and what it held before."""

    collection: str = Field(examples=["holiday"])
    present: HeldOut
    filling: HeldOut | None = None
    previous: HeldOut | None = None
    duplicates_from: float = Field(
        description="The likeness from which a search for duplicates without a threshold takes two photos"
    )
