"""Every topic, declared once: what it carries, who writes and reads it, and how long it stays."""

from dataclasses import dataclass
from enum import Enum

from aiokafka.partitioner import murmur2

_MB = 1024 * 1024
_DAY_MS = 24 * 3600 * 1000

MAX_MESSAGE_BYTES = 900 * 1024
"""No message of ours is larger; Kafka's usual limit is 1 MB, headers and batch included."""

LARGE_SEGMENT_BYTES = 8_000_000
"""Of what pictures and vectors travel in. A partition keeps its last segment whatever was deleted: those of
twelve partitions stay below 100 MB."""


class Partitions(Enum):
    """How many partitions a topic has: as many as work is spread over, or one, read by everybody."""

    SPREAD = "spread"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's declaration. `retention_ms` None means that compaction alone decides.

    What other systems read is compressed by gzip or not at all: that, every client can read.
    """

    name: str
    description: str
    key: str
    partitions: Partitions = Partitions.SPREAD
    compacted: bool = False
    retention_ms: int | None = 7 * _DAY_MS
    segment_bytes: int = 16 * _MB
    compression: str | None = None
    public: bool = False
    fixed_partitions: bool = False


INGEST = Topic(
    "ingest",
    "Scan requests from the gateway and from other systems.",
    "job id",
    retention_ms=30 * _DAY_MS,
    public=True,
    fixed_partitions=True,
)
SCANS = Topic(
    "scans",
    "The scanner's changelog: each accepted request and how far it got.",
    "job id",
    compacted=True,
    retention_ms=None,
    fixed_partitions=True,
)
PATHS = Topic("paths", "One file to look at.", "job id")
IMAGES = Topic(
    "images",
    "A cache miss: one normalised JPEG with its metadata.",
    "job id",
    segment_bytes=LARGE_SEGMENT_BYTES,
)
CAPTIONS = Topic("captions", "A picture to caption, or to read.", "job id", segment_bytes=LARGE_SEGMENT_BYTES)
ML_RESULTS = Topic(
    "ml-results",
    "An embedding and a caption, with the metadata carried through.",
    "job id",
    segment_bytes=LARGE_SEGMENT_BYTES,
)
POINTS = Topic("points", "A cache hit: one ready point.", "job id", segment_bytes=LARGE_SEGMENT_BYTES)
JOB_STATUS = Topic(
    "job-status",
    "Every event of every job: the truth about it.",
    "job id",
    retention_ms=30 * _DAY_MS,
    compression="gzip",
    public=True,
    fixed_partitions=True,
)
JOBS = Topic(
    "jobs",
    "The latest snapshot of every job.",
    "job id",
    compacted=True,
    retention_ms=None,
    public=True,
)
REMOVED = Topic(
    "removed",
    "Points that a sync removed, whole: what puts them back.",
    "job id",
    retention_ms=30 * _DAY_MS,
)
TASKS = Topic(
    "tasks",
    "Work on a whole collection: find-similar, merge, map.",
    "task id",
    partitions=Partitions.ONE,
    retention_ms=30 * _DAY_MS,
)
CONTROL = Topic(
    "control",
    "The active collection, generations, models, pauses and cancels.",
    "subject",
    partitions=Partitions.ONE,
    compacted=True,
    retention_ms=None,
)
DECISIONS = Topic(
    "decisions",
    "Contents that people said are no duplicates of each other.",
    "decision id",
    partitions=Partitions.ONE,
    compacted=True,
    retention_ms=None,
    public=True,
)
LIBRARIES = Topic(
    "libraries",
    "Places of photos that are followed: what is watched, how often it is scanned.",
    "library id",
    partitions=Partitions.ONE,
    compacted=True,
    retention_ms=None,
    public=True,
)
SERVICES = Topic(
    "services",
    "Heartbeats of every running instance.",
    "instance",
    partitions=Partitions.ONE,
    compacted=True,
    retention_ms=None,
)
DEAD_LETTERS = Topic(
    "dead-letters",
    "Records that cannot be decoded, with where they came from.",
    "original key",
    retention_ms=90 * _DAY_MS,
    compression="gzip",
)

ALL = (
    INGEST,
    SCANS,
    PATHS,
    IMAGES,
    CAPTIONS,
    ML_RESULTS,
    POINTS,
    JOB_STATUS,
    JOBS,
    REMOVED,
    TASKS,
    CONTROL,
    DECISIONS,
    LIBRARIES,
    SERVICES,
    DEAD_LETTERS,
)


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The names that one installation uses: a prefix lets several share a cluster."""

    prefix: str = ""

    def of(self, topic: Topic) -> str:
        """The topic's name on the broker."""
        return f"{self.prefix}{topic.name}"

    def group(self, stage: str) -> str:
        """The consumer group of a stage."""
        return f"{self.prefix}sluice-{stage}"


def key_partition(key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives `key` (murmur2, sign bit cleared)."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
