"""`sluice archives`: what was moved out of the way, and where it lies now."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from sluice.aio.client import AsyncClient
from sluice.cli.fitting import counted
from sluice.cli.options import ApiKey, AsJson, Url, ask
from sluice.cli.output import as_csv, as_json, line, remark
from sluice.models.duplicates import ArchiveItem


def archives(
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row per file")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, help="Maximum number, newest first")
    ] = 20,
    json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List archived files and whether they are restored."""
    found = ask(url, api_key, lambda client: _newest(client, limit))
    if json:
        as_json(found)
    elif csv:
        as_csv(("archive", "created_at", "kind", "collection", "from", "to", "state"), _rows(found))
    elif not found:
        remark("no archive yet: `sluice duplicates archive` makes one")
    for each in () if json or csv else found:
        _show(each)


def _show(archive: ArchiveItem) -> None:
    counts = {"archived": archive.moved, "restored": archive.restored}
    files = ", ".join(f"{counted(count, 'file')} {what}" for what, count in counts.items() if count)
    line(f"{archive.archive_id}  {archive.collection}  {archive.state}: {files or 'no file moved'}")
    for move in archive.moves:
        line(f"  {move.state:<9} {move.to if move.state == 'archived' else move.from_}")
    if archive.truncated:
        remark(f"  only the first {len(archive.moves)} files are shown")


def _rows(found: Sequence[ArchiveItem]) -> Iterator[tuple[str, ...]]:
    for each in found:
        for move in each.moves:
            yield (
                *(each.archive_id, each.created_at.isoformat(), each.kind, each.collection),
                *(move.from_, move.to, move.state),
            )


async def _newest(client: AsyncClient, limit: int) -> list[ArchiveItem]:
    found: list[ArchiveItem] = []
    async for each in client.duplicates.archives():
        found.append(each)
        if len(found) == limit:
            break
    return found
