"""The `sluice` command."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from sluice import __version__
from sluice.cli.exits import Exit, exit_of
from sluice.cli.installed import hint_of
from sluice.cli.lazy import GROUPS, LazyGroup
from sluice.errors import Code, SluiceError
from sluice.terminal import say

HELP = """Photos in, searchable vectors out.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 some files failed, 4 the gateway does not answer,
130 interrupted."""


# Where the gateway's own words are about REST.
_WAYS_OUT = {
    Code.UNAUTHORIZED: "the gateway requires an API key: set SLUICE_API_KEY, or pass --api-key",
    Code.NO_COLLECTION_SELECTED: "no collection is selected: run `sluice collections select NAME`, "
    "or `sluice collections create NAME --select`",
    Code.UNSUPPORTED_TYPE: "this file is not a picture in a supported format: docs/formats.md lists them",
}


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
        say(_reported(error))
        return exit_of(error)
    except (Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _output_closed()
    except OSError as error:
        # A file that cannot be read or written here; what the gateway says of its own comes as SluiceError.
        say(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
        return Exit.FAILED
    return status if isinstance(status, int) else Exit.OK


def _reported(error: SluiceError) -> str:
    """The reason, with what the person at this command can do about it."""
    if error.code in _WAYS_OUT:
        return _WAYS_OUT[error.code]
    hint = hint_of(error.code)
    return f"{error.detail}; {hint}" if hint else error.detail


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sluice {__version__}")
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
