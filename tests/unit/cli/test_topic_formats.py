import shlex

import yaml

from cli.topic_formats import acls, declared, lines
from libs.common.kafka.topics.rights import principals, rights
from libs.common.settings import StageSettings
from libs.common.topics import ALL, TopicNames
from scripts import topics_page

SETTINGS = StageSettings(topic_prefix="Mine_", topic_partitions=6, topic_replication=3, topic_min_insync=2)


def options(line: str) -> dict[str, str]:
    """The options of a command, each with its last value."""
    words = shlex.split(line)
    return {word: after for word, after in zip(words, [*words[1:], ""], strict=True) if word.startswith("--")}


def test_commands_make_each_topic_and_change_what_is_there() -> None:
    found = list(lines("commands", SETTINGS, 6))
    made = [options(line) for line in found if line.startswith("kafka-topics.sh")]
    changed = [options(line) for line in found if line.startswith("kafka-configs.sh")]
    for each, create, alter in zip(declared(SETTINGS, 6), made, changed, strict=True):
        assert (create["--topic"], alter["--topic"]) == (each.name, each.name)
        assert (int(create["--partitions"]), int(create["--replication-factor"])) == (each.partitions, 3)
        assert dict(pair.split("=") for pair in alter["--add-config"].split(",")) == each.configs


def test_strimzi_takes_what_is_printed() -> None:
    made = list(yaml.safe_load_all("\n".join(lines("strimzi", SETTINGS, 6))))
    for each, resource in zip(declared(SETTINGS, 6), made, strict=True):
        spec = resource["spec"]
        assert resource["kind"] == "KafkaTopic"
        assert resource["metadata"]["name"].startswith("mine-")
        assert (spec["topicName"], spec["partitions"], spec["replicas"]) == (each.name, each.partitions, 3)
        assert {name: str(value) for name, value in spec["config"].items()} == each.configs


def test_terraform_has_a_resource_for_each_topic() -> None:
    text = "\n".join(lines("terraform", SETTINGS, 6))
    assert text.count('resource "kafka_topic"') == len(ALL)
    assert text.count("{") == text.count("}")
    assert '"min.insync.replicas" = "2"' in text


def test_access_lists_grant_what_the_stages_declare() -> None:
    granted = [options(line) for line in acls(TopicNames("p-"))]
    for principal in principals():
        mine = [each for each in granted if each["--allow-principal"] == f"User:sluice-{principal}"]
        assert len(mine) == len(list(rights(principal)))
        assert {each["--group"] for each in mine if "--group" in each} >= {f"p-sluice-{principal}"}


def test_no_one_but_the_scanner_can_read_what_seals_a_job() -> None:
    readers = {
        principal
        for principal in principals()
        for right in rights(principal)
        if right.name == "scans" and "Read" in right.operations
    }
    assert readers == {"scanner"}


def test_the_committed_page_is_that_of_the_declarations() -> None:
    assert topics_page.PAGE.read_text() == topics_page.page()
