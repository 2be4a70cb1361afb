"""`sluice topics`: what is on Kafka, as the code declares it."""

from collections.abc import Iterator
from typing import Any

from cli.options import AsJson
from cli.output import as_json, table
from libs.common.runtime.process import read_settings
from libs.common.settings import StageSettings
from libs.common.topics import ALL, Partitions, Topic, TopicNames
from services.settings import RunSettings

_DAY_MS = 24 * 3600 * 1000


def topics(json: AsJson = False) -> None:
    """Describe the topics.

    As they are declared, with the names and counts that the settings here give; asks no broker.
    """
    settings = read_settings(StageSettings)
    run = read_settings(RunSettings)
    # One machine needs fewer, and `run` without a Kafka of its own is one machine.
    partitions = settings.topic_partitions if run.kafka_bootstrap_servers else run.topic_partitions
    described = list(_described(TopicNames(settings.topic_prefix), partitions))
    if json:
        as_json({"topics": described})
        return
    table(
        ("TOPIC", "KEY", "PARTITIONS", "KEPT", "FOR OTHERS", "WHAT"),
        (
            (
                topic["name"], topic["key"], str(topic["partitions"]), _kept(topic),
                "yes" if topic["public"] else "", topic["description"],
            )
            for topic in described
        ),
        numbers=("PARTITIONS",),
    )  # fmt: skip


def _described(names: TopicNames, partitions: int) -> Iterator[dict[str, Any]]:
    for topic in ALL:
        yield {
            "name": names.of(topic),
            "description": topic.description,
            "key": topic.key,
            "partitions": 1 if topic.partitions is Partitions.ONE else partitions,
            "fixed_partitions": topic.fixed_partitions,
            "compacted": topic.compacted,
            "retention_days": _days(topic),
            "segment_bytes": topic.segment_bytes,
            "public": topic.public,
        }


def _days(topic: Topic) -> int | None:
    return None if topic.retention_ms is None else topic.retention_ms // _DAY_MS


def _kept(topic: dict[str, Any]) -> str:
    return "the latest of each key" if topic["compacted"] else f"{topic['retention_days']} days"
