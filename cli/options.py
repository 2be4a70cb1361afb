"""Options that several commands take, and the gateway that they name."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
import typer

from cli.client import Client
from libs.common.runtime.process import read_settings
from services.settings import RunSettings


def _gateway_url(url: str | None) -> str | None:
    """Without a slash at its end; BadParameter for what can be none."""
    if url is None:
        return None
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise typer.BadParameter(f"{error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise typer.BadParameter(f"{url} is no URL of a gateway: begin it with http:// or https://")
    return url.rstrip("/")


def _header_value(key: str | None) -> str | None:
    """The key without the line end that a file of one line has; a bad one is not repeated."""
    key = key.strip() if key else None
    if key and not (key.isascii() and key.isprintable()):
        raise typer.BadParameter("a key is of ASCII letters, digits and signs")
    return key


def _job_id(job: str) -> str:
    try:
        return str(UUID(job))
    except ValueError as error:
        raise typer.BadParameter(f"{job!r} is no job's id; `sluice jobs` lists them") from error


Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="SLUICE_URL",
        callback=_gateway_url,
        help="The gateway (default: on this machine, at PORT)",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar=["SLUICE_API_KEY", "API_KEY"],
        callback=_header_value,
        help="Sent as x-api-key; others on this machine see a command line, so rather set the variable",
        show_default=False,
        show_envvar=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id", callback=_job_id, show_default=False)]

ResultT = TypeVar("ResultT")


def ask(url: str | None, api_key: str | None, question: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
    """What `question` gives, asked of the gateway at `url`; raises SluiceError."""

    async def asked() -> ResultT:
        async with Client(url or local_url(), api_key) as client:
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
    return read_settings(RunSettings).base_url
