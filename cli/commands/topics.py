"""`sluice topics`: what is on Kafka, as the code declares it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.topic_formats import Declared, Format, declared, lines
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.runtime.process import read_settings
from libs.common.settings import StageSettings
from libs.common.topics import Topic
from libs.embedded import access
from services.settings import RunSettings
from sluice.cli.options import AsJson
from sluice.cli.output import as_json, table

_DAY_MS = 24 * 3600 * 1000


Connect = Annotated[bool, typer.Option("--connect", help="Print connection settings for other programs")]


As = Annotated[
    Format | None,
    typer.Option("--format", help="Print what creates the topics, or grants rights", show_default=False),
]


def topics(json: AsJson = False, connect: Connect = False, format_: As = None) -> None:
    """Describe the Kafka topics.

    Prints the declared topics, with the names and partitions that the settings here give; asks no
    broker. --format prints them as commands, for Terraform or Strimzi, or as access lists. --connect
    prints the address of the embedded Kafka of DATA_DIR and its secret, which changes with each start.
    """
    settings = read_settings(StageSettings)
    run = read_settings(RunSettings)
    if connect:
        _print(_access(run), json=json)
        return
    # One machine needs fewer, and `run` without a Kafka of its own is one machine.
    partitions = settings.topic_partitions if run.kafka_bootstrap_servers else run.topic_partitions
    if format_ is not None:
        typer.echo("\n".join(lines(format_, settings, partitions)))
        return
    described = [_described(each) for each in declared(settings, partitions)]
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


def _access(run: RunSettings) -> Mapping[str, str]:
    if run.kafka_bootstrap_servers:
        detail = "KAFKA_BOOTSTRAP_SERVERS names a Kafka of your own: its administrator gives access to it"
        raise SluiceError(Code.INVALID_REQUEST, detail)
    found = access.read(run.data_dir / "kafka")
    if found is None:
        raise UnavailableError(Code.BROKER_UNAVAILABLE, f"no embedded Kafka was started in {run.data_dir}")
    return {name.upper(): value for name, value in found.settings.items()}


def _print(variables: Mapping[str, str], *, json: bool) -> None:
    if json:
        as_json(variables)
        return
    for name, value in variables.items():
        typer.echo(f"{name}={value}")


def _described(each: Declared) -> dict[str, Any]:
    topic = each.topic
    return {
        "name": each.name,
        "description": topic.description,
        "key": topic.key,
        "partitions": each.partitions,
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
