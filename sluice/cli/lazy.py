"""The subcommands by name: each is imported when it is run, so that none waits for what the others need."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from sluice.cli.installed import ELSEWHERE, has_services
from sluice.cli.slim import import_httpx
from sluice.errors import Code, SluiceError


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand is: `attribute` of `module`, a function or a Typer; `summary` its help.

    `services` says that it runs, or looks at, the services themselves, which only a clone has.
    """

    module: str
    attribute: str
    summary: str
    services: bool = False


COMMANDS: dict[str, Entry] = {
    "run": Entry("cli.commands.run", "run", "Run everything in this process until Ctrl-C.", services=True),
    "demo": Entry(
        "cli.commands.run",
        "demo",
        "Start everything, ingest sample photos, search them.",
        services=True,
    ),
    "ingest": Entry("sluice.cli.commands.ingest", "ingest", "Ingest photos."),
    "status": Entry("sluice.cli.commands.jobs", "status", "Show a job's status or its report."),
    "jobs": Entry("sluice.cli.commands.jobs", "jobs", "List jobs, the newest first."),
    "files": Entry("sluice.cli.commands.files", "files", "List a job's files and their outcomes."),
    "retry": Entry("sluice.cli.commands.jobs", "retry", "Retry the failed files of a job."),
    "cancel": Entry("sluice.cli.commands.jobs", "cancel", "Cancel a job."),
    "pause": Entry("sluice.cli.commands.jobs", "pause", "Pause a job."),
    "resume": Entry("sluice.cli.commands.jobs", "resume", "Resume a paused job."),
    "search": Entry("sluice.cli.commands.search", "search", "Search by words, a picture, dates and places."),
    "collections": Entry(
        "sluice.cli.commands.collections", "app", "Create, select, show, merge and delete collections."
    ),
    "duplicates": Entry(
        "sluice.cli.commands.duplicates", "app", "Find, review, archive and restore duplicates."
    ),
    "libraries": Entry("sluice.cli.commands.libraries", "app", "Follow folders and buckets of photos."),
    "prune": Entry("sluice.cli.commands.prune", "prune", "Remove points of deleted files that a sync kept."),
    "archives": Entry(
        "sluice.cli.commands.archives", "archives", "List archived files and whether they are restored."
    ),
    "models": Entry("cli.commands.models", "app", "List, fetch and check models.", services=True),
    "doctor": Entry("cli.commands.doctor", "doctor", "Check this machine.", services=True),
    "topics": Entry("cli.commands.topics", "topics", "Describe the Kafka topics.", services=True),
    "dlq": Entry("cli.commands.dlq", "app", "List and replay dead letter records.", services=True),
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
    """The click command behind an entry; of what is not installed here, one that says where it is."""
    found = _absent(entry) if entry.services and not has_services() else _imported(entry)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(rich_markup_mode=None, add_completion=False)
        single.command(name)(found)
        found = single
    command = get_command(found)
    command.name = name
    return command


def _imported(entry: Entry) -> Any:
    if not entry.services:  # they may want all of it
        import_httpx()
    return getattr(import_module(entry.module), entry.attribute)


def _absent(entry: Entry) -> Any:
    def absent() -> None:
        raise SluiceError(Code.BAD_SETTING, ELSEWHERE)

    absent.__doc__ = entry.summary
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    # Whatever stands behind it, the answer is the same.
    single.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(absent)
    return single
