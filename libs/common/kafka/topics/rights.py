"""Who may do what with which topic and group: derived from what the stages declare, and what lacks it."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from libs.common import stages
from libs.common.stages import Stage
from libs.common.topics import ALL, INGEST, JOB_STATUS, JOBS, Topic, TopicNames

log = logging.getLogger(__name__)

Operation = Literal["Read", "Write", "Delete", "Describe", "DescribeConfigs"]
_SEEN: tuple[Operation, ...] = ("Describe", "DescribeConfigs")
_WATCHED = {
    stages.GATEWAY.name: tuple(stages.readers()),
    stages.SCANNER.name: tuple(stages.file_stages()),
}
"""Stages whose groups' offsets others read: for lag, and to know that no record of a file is left."""


@dataclass(frozen=True, slots=True)
class Right:
    """What a principal may do with a topic or a group; `name` is without the prefix of an installation."""

    principal: str
    resource: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]

    def named(self, names: TopicNames) -> str:
        """The topic's or group's name on the brokers."""
        topics = {topic.name: topic for topic in ALL}
        return names.of(topics[self.name]) if self.resource == "topic" else names.group(self.name)


def principals() -> tuple[str, ...]:
    """The stages that have a process of their own and reach the brokers."""
    return tuple(stage.name for stage in stages.ALL if stage.has_group and stage.runs_in is None)


def rights(principal: str) -> Iterator[Right]:
    """What the process of a stage needs, the stages that run in it included.

    Each looks at every topic, as it starts only where all are there as declared.
    """
    run = [stage for stage in stages.ALL if principal in (stage.name, stage.runs_in)]
    for topic in ALL:
        operations = tuple(each for each in _operations(run, topic))
        yield Right(principal, "topic", topic.name, (*operations, *_SEEN))
    for stage in run:
        yield Right(principal, "group", stage.name, ("Read",))
    for watched in _WATCHED.get(principal, ()):
        yield Right(principal, "group", watched.name, ("Describe",))


def requester(principal: str) -> Iterator[Right]:
    """What another system needs that publishes requests and follows them; a group of its own apart."""
    yield Right(principal, "topic", INGEST.name, ("Write", "Describe"))
    for topic in (JOB_STATUS, JOBS):
        yield Right(principal, "topic", topic.name, ("Read", "Describe"))


def _operations(run: Iterable[Stage[Any]], topic: Topic) -> Iterator[Operation]:
    if any(topic in (*stage.inputs, *stage.follows, *stages.ALL_FOLLOW) for stage in run):
        yield "Read"
    if any(topic in (*stage.outputs, *stages.ALL_WRITE) for stage in run):
        yield "Write"
    if any(topic in stage.inputs and stage.files_wait for stage in run):
        # Consumed records of the work topics are deleted, by the stage that consumes them.
        yield "Delete"


@lru_cache(maxsize=256)
def warn_missing(operation: str, resource: str, name: str, consequence: str) -> None:
    """Say, once a process, that the brokers forbid something, and what follows from that."""
    log.warning(
        "Kafka forbids %s on the %s %s: %s. Grant it; `sluice topics --format acls` prints all rights",
        operation, resource, name, consequence,
    )  # fmt: skip
