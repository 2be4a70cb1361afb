"""The declared topics, and who needs what of them, in the words of the tools that make topics."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from libs.common.kafka.topics.admin import partition_count
from libs.common.kafka.topics.configs import topic_configs
from libs.common.kafka.topics.rights import Right, principals, requester, rights
from libs.common.settings import StageSettings
from libs.common.topics import ALL, Topic, TopicNames

Format = Literal["commands", "terraform", "strimzi", "acls"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A topic as this installation has it."""

    topic: Topic
    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


def declared(settings: StageSettings, partitions: int) -> Iterator[Declared]:
    """Every topic, with the names and counts that the settings give."""
    names = TopicNames(settings.topic_prefix)
    for topic in ALL:
        configs = topic_configs(topic, settings.topic_min_insync)
        count = partition_count(partitions, topic)
        yield Declared(topic, names.of(topic), count, settings.topic_replication, configs)


def lines(format_: Format, settings: StageSettings, partitions: int) -> Iterator[str]:
    """What the tool takes."""
    if format_ == "acls":
        yield from acls(TopicNames(settings.topic_prefix))
        return
    write = _WRITERS[format_]
    for each in declared(settings, partitions):
        yield from write(each)


def acls(names: TopicNames) -> Iterator[str]:
    """Kafka's own command for each right: a principal a stage, and one for systems that publish requests."""
    for principal in principals():
        for right in rights(principal):
            yield _acl(right, f"sluice-{principal}", names)
    for right in requester("requests"):
        yield _acl(right, "sluice-requests", names)
    yield _command(
        "acls", "--add", "--allow-principal User:sluice-requests", "--operation Read",
        "--group requests- --resource-pattern-type prefixed",
    )  # fmt: skip


def _acl(right: Right, user: str, names: TopicNames) -> str:
    operations = [f"--operation {operation}" for operation in right.operations]
    about = f"--{right.resource} {right.named(names)}"
    return _command("acls", "--add", f"--allow-principal User:{user}", *operations, about)


def _commands(each: Declared) -> Iterator[str]:
    yield _command(
        "topics", "--create --if-not-exists", f"--topic {each.name}", f"--partitions {each.partitions}",
        f"--replication-factor {each.replication}",
    )  # fmt: skip
    configs = ",".join(f"{name}={value}" for name, value in each.configs.items())
    yield _command("configs", "--alter", f"--topic {each.name}", f"--add-config {configs}")


def _command(tool: str, *arguments: str) -> str:
    return " ".join((f'kafka-{tool}.sh --bootstrap-server "$BROKERS" --command-config "$CLIENT"', *arguments))


def _terraform(each: Declared) -> Iterator[str]:
    """For the provider Mongey/kafka."""
    yield f'resource "kafka_topic" "{re.sub(r"[^A-Za-z0-9_-]", "_", each.name)}" {{'
    yield f"  name               = {json.dumps(each.name)}"
    yield f"  partitions         = {each.partitions}"
    yield f"  replication_factor = {each.replication}"
    yield "  config = {"
    yield from (f"    {json.dumps(name)} = {json.dumps(value)}" for name, value in each.configs.items())
    yield from ("  }", "}")


def _strimzi(each: Declared) -> Iterator[str]:
    """For the operator of a cluster that is called sluice."""
    yield from ("---", "apiVersion: kafka.strimzi.io/v1", "kind: KafkaTopic", "metadata:")
    yield f"  name: {re.sub(r'[^a-z0-9.-]', '-', each.name.lower())}"
    yield from ("  labels: {strimzi.io/cluster: sluice}", "spec:")
    yield f"  topicName: {json.dumps(each.name)}"
    yield f"  partitions: {each.partitions}"
    yield f"  replicas: {each.replication}"
    yield "  config:"
    yield from (f"    {name}: {_plain(value)}" for name, value in each.configs.items())


def _plain(value: str) -> str:
    return value if value.isdigit() else json.dumps(value)


_WRITERS: Mapping[Format, Callable[[Declared], Iterator[str]]] = {
    "commands": _commands,
    "terraform": _terraform,
    "strimzi": _strimzi,
}
