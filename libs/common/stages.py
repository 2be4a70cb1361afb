"""Every stage, declared once: what it reads and writes, and what the other stages must know of it.

Offsets, lags, waves, presence, dead letters, the groups and the order of a stop are all derived from ALL.
A stage that reads topics runs over the `Stage` declared here (see `libs.common.kafka.runner`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import Struct

from libs.common.events import ScanRequest
from libs.common.messages import ImageRecord, PathRecord, PointRecord, TaskRecord
from libs.common.topics import (
    CAPTIONS,
    CONTROL,
    DEAD_LETTERS,
    DECISIONS,
    IMAGES,
    INGEST,
    JOB_STATUS,
    JOBS,
    LIBRARIES,
    ML_RESULTS,
    PATHS,
    POINTS,
    REMOVED,
    SCANS,
    SERVICES,
    TASKS,
    Topic,
)

ALL_WRITE = (JOB_STATUS, DEAD_LETTERS, SERVICES)
ALL_FOLLOW = (CONTROL, SERVICES)
"""Topics that every stage writes, and that every one follows."""

BodyT = TypeVar("BodyT", bound=Struct)


@dataclass(frozen=True, slots=True)
class Stage(Generic[BodyT]):
    """A stage's declaration.

    `inputs` hold records of one kind, `record`, and are read under the consumer group that has the stage's
    name; their consumed records are deleted. `outputs` leaves out the topics that every stage writes, and
    `follows`, which are read without a group's offsets, those that every one follows.
    """

    name: str
    inputs: tuple[Topic, ...] = ()
    record: type[BodyT] | None = None
    outputs: tuple[Topic, ...] = ()
    follows: tuple[Topic, ...] = ()
    files_wait: bool = False
    """Whether files of a job wait in its inputs: then the scanner looks here before it calls one lost."""
    describes: bool = False
    """Whether only files of jobs that add captions or texts pass it."""
    every_job: bool = False
    """Whether each job needs it: then jobs say that they wait for it while it is away."""
    has_group: bool = True
    """Whether its instances form a consumer group."""
    runs_in: str | None = None
    """The stage whose process runs it; None: its own."""


GATEWAY: Stage[Any] = Stage(
    "gateway",
    outputs=(INGEST, TASKS, JOBS, CONTROL, LIBRARIES, DECISIONS),
    follows=(INGEST, JOB_STATUS, JOBS, LIBRARIES, DECISIONS, REMOVED, DEAD_LETTERS),
)
SCANNER = Stage(
    "scanner",
    (INGEST,),
    ScanRequest,
    (PATHS, SCANS, REMOVED, INGEST, CONTROL),
    follows=(JOB_STATUS, SCANS, LIBRARIES),
    every_job=True,
)
PROCESSOR = Stage(
    "processor",
    (PATHS,),
    PathRecord,
    (IMAGES, CAPTIONS, POINTS),
    follows=(ML_RESULTS,),
    files_wait=True,
    every_job=True,
)
INFERENCER = Stage(
    "inferencer", (IMAGES,), ImageRecord, (ML_RESULTS, CONTROL), files_wait=True, every_job=True
)
CAPTIONER = Stage("captioner", (CAPTIONS,), ImageRecord, (POINTS,), files_wait=True, describes=True)
UPSERTER = Stage("upserter", (POINTS, ML_RESULTS), PointRecord, (CONTROL,), files_wait=True, every_job=True)
UPSERTER_TASKS = Stage("tasks", (TASKS,), TaskRecord, (CONTROL,), runs_in=UPSERTER.name)
ML: Stage[Any] = Stage("ml", has_group=False)
DASHBOARD: Stage[Any] = Stage("dashboard", has_group=False)

ALL: tuple[Stage[Any], ...] = (
    DASHBOARD,
    GATEWAY,
    SCANNER,
    PROCESSOR,
    INFERENCER,
    CAPTIONER,
    UPSERTER,
    UPSERTER_TASKS,
    ML,
)
"""In the order in which work flows: a stage stops before those that take what it still publishes."""


def services() -> tuple[str, ...]:
    """The stages that are a process, and a folder of `services/`, in the order in which they stop."""
    return tuple(stage.name for stage in ALL if stage.runs_in is None)


def groups() -> tuple[str, ...]:
    """The stages that have a consumer group."""
    return tuple(stage.name for stage in ALL if stage.has_group)


def readers() -> Iterator[Stage[Any]]:
    """The stages that read topics under their group, in the order in which work flows."""
    return (stage for stage in ALL if stage.inputs)


def file_stages(*, describing: bool = True) -> Iterator[Stage[Any]]:
    """The stages in which files wait, in the order in which files pass them.

    Without `describing`: those that files of a job pass which makes whole points.
    """
    return (stage for stage in ALL if stage.files_wait and (describing or not stage.describes))


def needed() -> tuple[str, ...]:
    """The stages that each job needs."""
    return tuple(stage.name for stage in ALL if stage.every_job)
