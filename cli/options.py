"""Options that several commands take, and the gateway that they name."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from cli.client import Client
from libs.common.process import read_settings
from services.settings import RunSettings

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="SLUICE_URL",
        help="The gateway (default: on this machine, at PORT)",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar=["SLUICE_API_KEY", "API_KEY"],
        help="Sent as x-api-key; others on this machine see a command line, so rather set the variable",
        show_default=False,
        show_envvar=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id", show_default=False)]

ResultT = TypeVar("ResultT")


def ask(url: str | None, api_key: str | None, question: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
    """What `question` gives, asked of the gateway at `url`; raises SluiceError."""

    async def asked() -> ResultT:
        async with Client(url.rstrip("/") if url else local_url(), api_key) as client:
            return await question(client)

    return run(asked())


def run(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Await `work`; Ctrl-C cancels it, so that it can close what it opened, and is then KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGINT, before)


def local_url() -> str:
    """Where `sluice run` listens with the present settings."""
    settings = read_settings(RunSettings)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
