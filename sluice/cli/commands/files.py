"""`sluice files`: what became of each file of a job, in pages."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.cells import cell_len

from sluice.aio.client import AsyncClient
from sluice.cli.fitting import columns
from sluice.cli.options import ApiKey, AsJson, Job, Url, ask
from sluice.cli.output import as_json, line, remark
from sluice.models.jobs import FilePage, Outcome

PAGE = 100


def files(
    job: Job,
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="Only files with this outcome", show_default=False)
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Short for --outcome failed")] = False,
    code: Annotated[
        str | None,
        typer.Option("--code", metavar="CODE", help="Only files with this error code", show_default=False),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=1000, help="Files per page")
    ] = PAGE,
    cursor: Annotated[
        str | None,
        typer.Option(
            "--cursor", metavar="CURSOR", help="Continue after the page that printed this", show_default=False
        ),
    ] = None,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List a job's files and their outcomes."""
    if failed and outcome not in (None, "failed"):
        raise typer.BadParameter("--failed and --outcome name different outcomes: pass one of them")
    wanted: dict[str, Any] = {"outcome": "failed" if failed else outcome, "code": code, "limit": limit}

    async def page(client: AsyncClient) -> FilePage:
        return await (await client.jobs.find(job)).file_page(**wanted, cursor=cursor)

    shown = ask(url, api_key, page)
    if json:
        as_json(shown)
    else:
        _print(shown, job, wanted)


def _print(page: FilePage, job: str, wanted: Mapping[str, Any]) -> None:
    for file in page.items:
        reason = f"{file.error} ({file.code})" if file.code else file.rule or ""
        for row in _rows(f"{file.outcome:<8} {file.file}", reason):
            line(row)
    if not page.items:
        remark("no such file")
    if page.next:
        remark(f"more: sluice files {job}{_narrowed(page.next, wanted)}")


def _rows(file: str, reason: str) -> list[str]:
    """One line, or at a terminal that is too narrow for it the reason under the path."""
    whole, width = f"{file}  {reason}".rstrip(), columns()
    fits = not reason or width is None or cell_len(whole) <= width
    return [whole] if fits else [file, f"         {reason}"]


def _narrowed(cursor: str, wanted: Mapping[str, Any]) -> str:
    """The options of the next page."""
    given = {"outcome": wanted["outcome"], "code": wanted["code"], "limit": wanted["limit"], "cursor": cursor}
    return "".join(f" --{name} {value}" for name, value in given.items() if value not in (None, PAGE))
