"""`sluice dlq`: records that cannot be decoded, and having them read again."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from cli import dead_letters
from libs.common.errors import Code, SluiceError
from libs.common.kafka.tables.dead_letters import ListedLetter, read
from libs.common.runtime.logs import configure_logging
from libs.common.runtime.process import read_settings
from libs.common.settings import StageSettings
from services.settings import RunSettings
from sluice.cli.options import AsJson, run
from sluice.cli.output import as_json, line, table

app = typer.Typer(
    help="List and replay dead letter records.\n\n"
    "Reads Kafka: KAFKA_* settings, or the embedded one in DATA_DIR.",
    rich_markup_mode=None,
    add_completion=False,
)

Topic = Annotated[
    str | None,
    typer.Option("--topic", metavar="TOPIC", help="Only records of this topic", show_default=False),
]
ErrorCode = Annotated[
    str | None,
    typer.Option("--code", metavar="CODE", help="Only records with this error code", show_default=False),
]


@app.command("list")
def list_all(
    topic: Topic = None,
    code: ErrorCode = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, help="Maximum number, newest kept")
    ] = 50,
    json: AsJson = False,
) -> None:
    """List dead letter records, the oldest first."""
    found, unreadable = run(_read(topic, code))
    shown = found[-limit:]
    if json:
        as_json({"letters": [_plain(each) for each in shown], "total": len(found), "unreadable": unreadable})
        return
    if unreadable:
        line(f"{unreadable} records of another release are not shown", stderr=True)
    if not found:
        line("no dead letter record", stderr=True)
        return
    if len(found) > limit:
        line(f"the newest {limit} of {len(found)}", stderr=True)
    table(
        ("RECORD", "WHEN", "FROM", "CODE", "JOB", "ERROR"),
        (
            (
                each.place, each.dead.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"), _record(each),
                each.dead.code, each.dead.job_id or "", each.dead.error,
            )
            for each in shown
        ),
    )  # fmt: skip


@app.command()
def replay(
    which: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECORD...]", help="Records, as `dlq list` prints them", show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All records, or those that --topic and --code match")
    ] = False,
    topic: Topic = None,
    code: ErrorCode = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list the records that would be sent")
    ] = False,
) -> None:
    """Send records back to their topic.

    Use it after a fix or an upgrade. Safe to repeat: nothing is done twice. A
    finished job keeps its counts; its files are stored. The dead letter records
    stay until their retention ends.
    """
    wanted = which or []
    if bool(wanted) == everything:
        raise typer.BadParameter("name records, or pass --all")
    sent = run(_replay(wanted, topic, code, dry_run=dry_run))
    for each in sent:
        line(f"{each.place}  {'would go' if dry_run else 'sent'} to {_record(each).partition('@')[0]}")
    if not sent:
        line("no dead letter record", stderr=True)


async def _read(topic: str | None, code: str | None) -> tuple[Sequence[ListedLetter], int]:
    async with dead_letters.connected(*_settings()) as connection:
        found = await read(connection)
    return _matching(found.found, topic, code), found.unreadable


async def _replay(
    wanted: Sequence[str], topic: str | None, code: str | None, *, dry_run: bool
) -> Sequence[ListedLetter]:
    async with dead_letters.connected(*_settings()) as connection:
        chosen = _matching((await read(connection)).found, topic, code)
        if wanted:
            by_place = {each.place: each for each in chosen}
            if missing := [place for place in wanted if place not in by_place]:
                raise SluiceError(Code.NOT_FOUND, f"there is no dead letter record {', '.join(missing)}")
            chosen = [by_place[place] for place in wanted]
        if not dry_run:
            await dead_letters.send_back(connection, chosen)
    return chosen


def _settings() -> tuple[StageSettings, RunSettings]:
    settings = read_settings(StageSettings)
    configure_logging("ERROR")
    return settings, read_settings(RunSettings)


def _matching(found: Sequence[ListedLetter], topic: str | None, code: str | None) -> list[ListedLetter]:
    return [each for each in found if topic in (None, each.dead.topic) and code in (None, each.dead.code)]


def _record(each: ListedLetter) -> str:
    dead = each.dead
    return f"{dead.topic}/{dead.partition}@{dead.offset}"


def _plain(each: ListedLetter) -> dict[str, Any]:
    return {"letter": each.place, **msgspec.to_builtins(each.dead)}
