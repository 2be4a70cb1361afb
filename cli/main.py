"""The `sluice` command."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from cli.exits import Exit, exit_of
from cli.lazy import GROUPS, LazyGroup
from libs.common.errors import SluiceError
from libs.common.runtime.terminal import say

HELP = """Photos in, searchable vectors out.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 some files failed, 4 the gateway does not answer,
130 interrupted."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments` (None: the process's own); the exit status.

    Whatever a person can fix is one line on standard error.
    """
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        if not given or (len(given) == 1 and given[0] in GROUPS):
            given.append("--help")
        status = get_command(build()).main(given, prog_name="sluice", standalone_mode=False)
    except TyperException as error:
        return _refused(error)
    except SluiceError as error:
        say(error.detail)
        return exit_of(error)
    except (Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _output_closed()
    return status if isinstance(status, int) else Exit.OK


def _version(wanted: bool) -> None:
    if wanted:
        from libs.common.runtime.release import release  # noqa: PLC0415 (only where it is asked for)

        typer.echo(f"sluice {release()}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command with all its subcommands."""
    app = typer.Typer(
        rich_markup_mode=None, cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}
    )
    app.callback(help=HELP)(_before_all)
    return app


def _before_all(
    shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit")
    ] = False,
) -> None:
    """Take what stands before the command."""


def _refused(error: TyperException) -> int:
    """Wrong usage: the reason, and the help that explains it."""
    message = error.format_message()
    message = message.replace("Value error, ", "")
    sentence = message[:1].lower() + message[1:].rstrip(".").replace("\n", " ")
    context = getattr(error, "ctx", None)
    say(f"{sentence}; see `{context.command_path if context else 'sluice'} --help`")
    return error.exit_code


def _output_closed() -> int:
    """The program that reads our output has ended, as `head` does: end too, without an error."""
    sys.stdout = None
    return Exit.OK
