"""The subcommands by name: each is imported when it is run, so that none waits for what the others need."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand is: `attribute` of `module`, a function or a Typer; `summary` its help."""

    module: str
    attribute: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "run": Entry("cli.commands.run", "run", "Run everything in this process until Ctrl-C."),
    "demo": Entry("cli.commands.run", "demo", "Ingest photos from nothing, show the result, and stop."),
    "ingest": Entry("cli.commands.ingest", "ingest", "Ingest photos."),
    "status": Entry("cli.commands.jobs", "status", "Show how a job stands."),
    "jobs": Entry("cli.commands.jobs", "jobs", "List jobs, the newest first."),
    "files": Entry("cli.commands.files", "files", "List what became of a job's files."),
    "retry": Entry("cli.commands.jobs", "retry", "Ingest again what failed in a job."),
    "cancel": Entry("cli.commands.jobs", "cancel", "Cancel a job."),
    "pause": Entry("cli.commands.jobs", "pause", "Pause a job."),
    "resume": Entry("cli.commands.jobs", "resume", "Resume a paused job."),
    "search": Entry("cli.commands.search", "search", "Search the active collection."),
    "collections": Entry(
        "cli.commands.collections", "app", "Create, select, show, merge and delete collections."
    ),
    "duplicates": Entry(
        "cli.commands.duplicates", "app", "Find, review, archive, restore and decide on duplicates."
    ),
    "models": Entry("cli.commands.models", "app", "List, fetch and check models."),
    "doctor": Entry("cli.commands.doctor", "doctor", "Check this machine."),
    "topics": Entry("cli.commands.topics", "topics", "Describe the Kafka topics."),
    "dlq": Entry("cli.commands.dlq", "app", "List and replay dead letter records."),
}
"""In the order in which the help lists them."""


GROUPS = frozenset(name for name, entry in COMMANDS.items() if entry.attribute == "app")
"""Those that have subcommands of their own."""


class LazyGroup(TyperGroup):
    """The command `sluice`: it imports the one subcommand that is run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (as click calls it)
        """Their names, in the order of the table."""
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (likewise)
        """The subcommand of that name, imported now; None if there is none."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else load(cmd_name, entry)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (likewise)
        """The list in the help, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


def load(name: str, entry: Entry) -> Any:
    """The click command behind an entry."""
    found = getattr(import_module(entry.module), entry.attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(rich_markup_mode=None, add_completion=False)
        single.command(name)(found)
        found = single
    command = get_command(found)
    command.name = name
    return command
