"""What each kind of task is asked with, and the records that travel for it."""

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from libs.common.control import ModelInUse
from libs.common.errors import Code, SluiceError
from libs.common.events import TaskEvent, TaskState
from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import TaskRecord, encode
from libs.common.topics import TASKS

MOST_COMPARED = 250_000
"""Points of a collection of which every pair is compared; above that the store's own index is asked."""

Mode = Literal["keeper", "strict", "similar"]

THRESHOLD = 0.98
"""Where neither a request nor the model says from which likeness two pictures are duplicates."""


def duplicates_from(model: ModelInUse | None) -> float:
    """The cosine from which a search without a threshold takes two pictures for duplicates."""
    return (model and model.duplicate_likeness) or THRESHOLD


class FindSimilar(Struct, frozen=True, kw_only=True):
    """Find the pictures that show the same: pairs whose cosine similarity reaches `threshold`.

    In a group of `keeper` every point is like the one to keep; in one of `strict` every pair is like;
    `similar` puts all that such pairs connect into one group.
    """

    threshold: float = THRESHOLD
    mode: Mode = "keeper"
    protect: tuple[str, ...] = ()
    """Folders whose files are kept."""
    pass_over: tuple[str, ...] = ()
    """Names of folders whose files are no copies, besides those declared."""


class Merge(Struct, frozen=True, kw_only=True):
    """Copy the points of these collections into the task's collection."""

    sources: tuple[str, ...]


ParamsT = TypeVar("ParamsT", FindSimilar, Merge)


def params_of(task: TaskRecord, kind: type[ParamsT]) -> ParamsT:
    """What the task was asked with; SluiceError undecodable_record if it is not that."""
    try:
        return msgspec.convert(task.params, kind)
    except msgspec.ValidationError as error:
        raise SluiceError(Code.UNDECODABLE_RECORD, f"not the parameters of a task: {error}") from error


def too_large(collection: str, total: int) -> SluiceError:
    """A collection that only an index can search, in a store that has none."""
    return SluiceError(
        Code.TOO_LARGE,
        f"the collection '{collection}' has {total} points, and of at most {MOST_COMPARED} every pair can be "
        "compared: a larger one needs a Qdrant server (QDRANT_HOST), whose index finds what is alike",
    )


def requested(task: TaskRecord) -> Outgoing:
    """The record that has the task done."""
    return Outgoing(TASKS, task.task_id, encode(task))


def reported(task: TaskRecord, state: TaskState, **fields: Any) -> TaskEvent:
    """An event of the task."""
    return TaskEvent(job_id=task.task_id, kind=task.kind, collection=task.collection, state=state, **fields)
