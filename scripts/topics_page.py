"""Writes docs/topics.md: every topic, and who may do what with it. `python -m scripts.topics_page`."""

from collections.abc import Iterator
from pathlib import Path

from cli.topic_formats import Declared, declared
from libs.common.kafka.topics.rights import Operation, principals, rights
from libs.common.settings import StageSettings

PAGE = Path(__file__).parent.parent / "docs" / "topics.md"
_DAY_MS = 24 * 3600 * 1000
_LETTERS: dict[Operation, str] = {"Read": "R", "Write": "W", "Delete": "D"}

_HEAD = """# Topics

Written by `python -m scripts.topics_page` from `libs/common/topics.py` and `libs/common/stages.py`. What
their records hold: [ingest-topic.md](ingest-topic.md), `schemas/`, and `/asyncapi` of a gateway.

Sluice makes the topics that are missing when it starts. Where somebody else makes them, `sluice topics`
prints them, with the names and counts that TOPIC_PREFIX, TOPIC_PARTITIONS, TOPIC_REPLICATION and
TOPIC_MIN_INSYNC give, and asks no broker:

| Command | For |
|---|---|
| `sluice topics --format commands` | `kafka-topics.sh`, and `kafka-configs.sh` for what is there |
| `sluice topics --format terraform` | the provider Mongey/kafka |
| `sluice topics --format strimzi` | KafkaTopic resources of a cluster `sluice` |
| `sluice topics --format acls` | `kafka-acls.sh`, a principal a stage |

A start looks at all topics that are there before it makes any. What would lose jobs or records ends it with
one sentence that names all of it: another count of partitions where the count is fixed, another
`cleanup.policy` or `message.timestamp.type`, a smaller `max.message.bytes`, less than a day of
`retention.ms`, a `retention.bytes`. What only bothers others is a warning: a shorter retention than
declared, a codec of public topics that some clients do not read.

## All topics

Spread topics have TOPIC_PARTITIONS partitions (12; fixed: the count never changes once there are jobs). No
message is larger than 900 KB, and each topic takes batches of up to {batch} bytes. Codec `-`: as the writer
sends it, which for Sluice is not compressed.

| Topic | Key | Partitions | Cleanup | Retention | Codec | Public | What |
|---|---|---|---|---|---|---|---|
"""
_RIGHTS = """
## Who may do what

R: read, W: write, D: delete records (consumed ones are deleted every minute; without it they stay for the
retention, which a warning says). Each principal also needs Describe and DescribeConfigs on every topic, and
Create where it is to make them. `tests/e2e/test_least_rights.py` runs the stages with these rights alone,
on a broker that denies all else.

| Topic | {principals} |
|---|{lines}
"""
_GROUPS = """
Groups: Read on `sluice-STAGE` of its own, with the prefix before it{others}. Other systems that publish
requests and follow them need Write on `ingest`, Read on `job-status` and `jobs`, Describe on the three, and
Read on a group of their own. `sluice dlq` needs Read on `dead-letters`, and Read and Write on the topics
whose records it sends back.
"""


def page() -> str:
    """The page's text."""
    topics = list(declared(StageSettings(), 12))
    columns = principals()
    head = _HEAD.replace("{batch}", topics[0].configs["max.message.bytes"])
    granted = _RIGHTS.replace("{principals}", " | ".join(columns)).replace(
        "{lines}", "|".join("---" for _ in columns)
    )
    rows = "\n".join(_row(each) for each in topics)
    letters = "\n".join(
        f"| `{each.topic.name}` | {' | '.join(_letters(each.topic.name))} |" for each in topics
    )
    return f"{head}{rows}\n{granted}{letters}\n{_GROUPS.replace('{others}', _others())}"


def _row(each: Declared) -> str:
    topic, configs = each.topic, each.configs
    count = "1" if each.partitions == 1 else "spread, fixed" if topic.fixed_partitions else "spread"
    kept = f"{topic.retention_ms // _DAY_MS} days" if topic.retention_ms else "the latest of each key"
    codec, public = configs.get("compression.type", "-"), "yes" if topic.public else ""
    return (
        f"| `{topic.name}` | {topic.key} | {count} | {configs['cleanup.policy']} | {kept} | {codec} | "
        f"{public} | {topic.description} |"
    )


def _rights_row(topic: str) -> str:
    return f"| `{topic}` | {' | '.join(_letters(topic))} |"


def _letters(topic: str) -> Iterator[str]:
    for principal in principals():
        found = (right for right in rights(principal) if (right.resource, right.name) == ("topic", topic))
        yield "".join(_LETTERS.get(each, "") for right in found for each in right.operations)


def _others() -> str:
    watched = {
        principal: [right.name for right in rights(principal) if right.operations == ("Describe",)]
        for principal in principals()
    }
    return "".join(
        f"; the {principal} also Describe on those of {', '.join(each)}"
        for principal, each in watched.items()
        if each
    )


if __name__ == "__main__":
    PAGE.write_text(page())
