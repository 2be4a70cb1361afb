"""What a stage reads, and the records that it works on at once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic

from aiokafka.structs import TopicPartition

from libs.common.kafka.outgoing import Outgoing
from libs.common.messages import RecordT
from libs.common.stages import Stage
from libs.common.topics import Topic
from libs.common.tracing.spans import Span

FILL_SECONDS = 5.0
"""How long a batch waits, at most, to be filled while another is worked on: that one may hang."""


@dataclass(frozen=True, slots=True)
class Input(Generic[RecordT]):
    """How a stage reads its topics.

    `batch` records at most go to the worker at once, and up to `most` where it does them quickly (see
    Pace); `linger_s` is how long a smaller batch waits to be filled; `in_flight` batches at most are worked
    on at the same time. With `fills` a batch that is not full waits longer while others are worked on, unless
    one of these is full, most in them is of one job, and it has a record of another: for a service that takes
    one after the other anyway, and is slow on small ones.
    """

    stage: Stage[RecordT]
    batch: int
    most: int = 0
    linger_s: float = 0.0
    in_flight: int = 2
    fills: bool = False
    drain_s: float = 5.0
    """How long a batch that works may hold up the group when partitions move, or the stage when it stops."""

    @property
    def name(self) -> str:
        """The stage's name, and that of its group."""
        return self.stage.name

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it reads."""
        return self.stage.inputs

    @property
    def kind(self) -> type[RecordT]:
        """What its topics hold."""
        if self.stage.record is None:
            raise TypeError(f"{self.name} reads no records")
        return self.stage.record


@dataclass(slots=True)
class Batch(Generic[RecordT]):
    """Records under way: their places and keys, what could be decoded, and the letters for what could not.

    A record's key is its job; they are counted. `taken_from` are the places of `records`. `opened` is when
    its first record came, `started` when work on it began, by time.monotonic(). `bytes` counts their values.
    """

    places: list[tuple[TopicPartition, int]] = field(default_factory=list)
    keys: Counter[bytes | None] = field(default_factory=Counter)
    records: list[RecordT] = field(default_factory=list)
    taken_from: list[tuple[TopicPartition, int]] = field(default_factory=list)
    dead_letters: list[Outgoing] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    opened: float = 0.0
    started: float = 0.0
    bytes: int = 0
