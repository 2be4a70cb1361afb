"""How topics are configured, and what must hold of those that somebody else made."""

from collections.abc import Iterator, Mapping

from libs.common.topics import MAX_MESSAGE_BYTES, Topic

LARGEST_BATCH_BYTES = MAX_MESSAGE_BYTES + 64 * 1024
SHORTEST_RETENTION_MS = 24 * 3600 * 1000
"""What a stage that is away for a night still finds when it comes back."""
CHECKED = (
    "cleanup.policy",
    "message.timestamp.type",
    "max.message.bytes",
    "retention.ms",
    "retention.bytes",
    "compression.type",
)
_READ_BY_ALL = frozenset(("producer", "gzip", "uncompressed"))


def topic_configs(topic: Topic, min_insync: int) -> dict[str, str]:
    """What a topic is made with."""
    configs = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "segment.bytes": str(topic.segment_bytes),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(LARGEST_BATCH_BYTES),
    }
    if min_insync > 1:
        configs["min.insync.replicas"] = str(min_insync)
    if topic.retention_ms is not None:
        configs["retention.ms"] = str(topic.retention_ms)
    if topic.compression:
        configs["compression.type"] = topic.compression
    return configs


def faults(topic: Topic, found: Mapping[str, str]) -> Iterator[str]:
    """What of a topic's configs would lose jobs or records, or bring in times that are not the brokers'."""
    wanted = topic_configs(topic, min_insync=1)
    for name in ("cleanup.policy", "message.timestamp.type"):
        if found[name] != wanted[name]:
            yield f"{name} is {found[name]}, not {wanted[name]}"
    if int(found["max.message.bytes"]) < LARGEST_BATCH_BYTES:
        yield f"max.message.bytes is {found['max.message.bytes']}, less than {LARGEST_BATCH_BYTES}"
    if topic.compacted:
        return
    if 0 <= int(found["retention.ms"]) < SHORTEST_RETENTION_MS:
        yield f"retention.ms is {found['retention.ms']}, less than a day ({SHORTEST_RETENTION_MS})"
    if int(found["retention.bytes"]) >= 0:
        yield f"retention.bytes is {found['retention.bytes']}, not -1: records would go before they are read"


def flaws(topic: Topic, found: Mapping[str, str]) -> Iterator[str]:
    """What Sluice works with, and other systems may not."""
    if topic.public and found["compression.type"] not in _READ_BY_ALL:
        yield f"compression.type is {found['compression.type']}, which some clients do not read: gzip"
    if not topic.compacted and 0 <= int(found["retention.ms"]) < (topic.retention_ms or 0):
        yield f"retention.ms is {found['retention.ms']}, less than {topic.retention_ms}"
