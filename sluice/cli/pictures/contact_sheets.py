"""Contact sheets: pictures as one PNG, fetched as thumbnails from the gateway."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sluice.aio.client import AsyncClient
from sluice.errors import Code, SluiceError

COLUMNS, AT_ONCE = 5, 8
MOST_ROWS = 100


def rows_of(ids: Sequence[str]) -> list[Sequence[str]]:
    """Pictures that belong to no group, a few a row."""
    return [ids[start : start + COLUMNS] for start in range(0, len(ids), COLUMNS)]


async def draw(
    client: AsyncClient, rows: Sequence[Sequence[str]], target: Path, *, first: bool = True
) -> None:
    """Write the pictures of these ids, a row each; `first` frames the first of a row as the one that is kept.

    Raises SluiceError bad_setting where Pillow, which draws it, is not installed.
    """
    try:
        from sluice.cli.pictures.contact_sheet import sheet  # noqa: PLC0415 (Pillow comes with the extra `pictures`)
    except ModuleNotFoundError as error:
        detail = "a contact sheet needs Pillow: install `sluice[pictures]`, or Pillow next to sluice"
        raise SluiceError(Code.BAD_SETTING, detail) from error
    shown = rows[:MOST_ROWS]
    limit = asyncio.Semaphore(AT_ONCE)

    async def thumbnail(photo: str) -> bytes:
        async with limit:
            try:
                return await client.photos.thumbnail(photo)
            except SluiceError:
                return b""  # an empty cell

    pictures = [await asyncio.gather(*map(thumbnail, row)) for row in shown]
    await asyncio.to_thread(lambda: target.write_bytes(sheet(pictures, framed=first)))
