"""Options that several commands take, and the gateway that they name."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeVar

import httpx
import typer

from sluice.aio.client import AsyncClient


def _gateway_url(url: str | None) -> str | None:
    """Without a slash at its end; BadParameter for what can be none."""
    if url is None:
        return None
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise typer.BadParameter(f"{error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise typer.BadParameter(f"{url} is not the URL of a gateway: start it with http:// or https://")
    return url.rstrip("/")


def _header_value(key: str | None) -> str | None:
    """The key without the line end that a file of one line has; a bad one is not repeated."""
    key = key.strip() if key else None
    if key and not (key.isascii() and key.isprintable()):
        raise typer.BadParameter("an API key holds ASCII letters, digits and punctuation only")
    return key


def _job(job: str) -> str:
    """A job's id, its first characters, or `latest`; BadParameter for what cannot be any of these."""
    if job == LATEST or re.fullmatch(r"[0-9a-f-]{4,36}", job.lower()):
        return job.lower()
    raise typer.BadParameter(f"{job!r} is not a job id; `sluice jobs` lists them, `latest` is the newest")


Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="SLUICE_URL",
        callback=_gateway_url,
        help="Gateway URL (default: this machine, at PORT)",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        envvar=["SLUICE_API_KEY", "API_KEY"],
        callback=_header_value,
        help="API key; the variable is safer: other users can see command lines",
        show_default=False,
        show_envvar=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
Collection = Annotated[
    str | None,
    typer.Option(
        "--collection",
        "-c",
        metavar="NAME",
        help="Collection to use (default: the active one)",
        show_default=False,
    ),
]
After = Annotated[str | None, typer.Option(metavar="DATE", help="Taken in or after a year, month or day")]
Before = Annotated[str | None, typer.Option(metavar="DATE", help="Taken before a year, month or day")]
Below = Annotated[str | None, typer.Option(metavar="FOLDER", help="In this folder, or below it")]
Near = Annotated[str | None, typer.Option(metavar="LAT,LON,KM", help="Within KM kilometres of a position")]
Camera = Annotated[str | None, typer.Option(metavar="NAME", help="Taken by this camera")]
Place = Annotated[str | None, typer.Option(metavar="NAME", help="In this city, region or country")]
Job = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="Job id, its first 4 or more characters, or `latest`",
        callback=_job,
        show_default=False,
    ),
]

LATEST = "latest"
_LOOPBACK, _PORT, _MOST_PORT = "127.0.0.1", "8002", 65535
_ANY = ("0.0.0.0", "::")  # noqa: S104 (what a gateway listens on is reached through loopback)

ResultT = TypeVar("ResultT")


def ask(
    url: str | None, api_key: str | None, question: Callable[[AsyncClient], Awaitable[ResultT]]
) -> ResultT:
    """What `question` gives, asked of the gateway at `url`; raises SluiceError."""

    async def requested() -> ResultT:
        # A person waits: what is away is told at once.
        async with AsyncClient(url or local_url(), api_key, retries=0) as client:
            return await question(client)

    return run(requested())


def run(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Await `work`; Ctrl-C cancels it, so that it can close what it opened, and is then KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGINT, before)


def local_url() -> str:
    """Where `sluice run` listens with the present settings; BadParameter for a PORT that is none."""
    host, port = os.environ.get("HOST") or _LOOPBACK, os.environ.get("PORT") or _PORT
    if not port.isdigit() or not 0 < int(port) <= _MOST_PORT:
        raise typer.BadParameter(f"PORT is {port!r}: set it to a number from 1 to {_MOST_PORT}")
    host = _LOOPBACK if host in _ANY else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
