"""`sluice files`: what became of each file of a job, in pages."""

from typing import Annotated, Any

import typer

from sluice.aio.client import AsyncClient
from sluice.cli.options import ApiKey, AsJson, Job, Url, ask
from sluice.cli.output import as_json, line
from sluice.models.jobs import FilePage, Outcome


def files(
    job: Job,
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="Only this outcome", show_default=False)
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Short for --outcome failed")] = False,
    code: Annotated[
        str | None, typer.Option("--code", help="Only with this error code", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Files in a page")] = 100,
    cursor: Annotated[
        str | None, typer.Option("--cursor", help="Where the page before ended", show_default=False)
    ] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List what became of a job's files."""
    if failed and outcome not in (None, "failed"):
        raise typer.BadParameter("--failed and --outcome name different outcomes: pass one of them")
    wanted: dict[str, Any] = {"outcome": "failed" if failed else outcome, "code": code, "limit": limit}

    async def page(client: AsyncClient) -> FilePage:
        return await (await client.jobs.find(job)).file_page(**wanted, cursor=cursor)

    shown = ask(url, api_key, page)
    if json:
        as_json(shown)
    else:
        _print(shown, job)


def _print(page: FilePage, job: str) -> None:
    for file in page.items:
        reason = f"  {file.error} ({file.code})" if file.code else f"  {file.rule}" if file.rule else ""
        line(f"{file.outcome:<8} {file.file}{reason}")
    if not page.items:
        line("no such file", stderr=True)
    if page.next:
        line(f"more: sluice files {job} --cursor {page.next}", stderr=True)
