"""Copying the originals of photos into a folder; nothing there is overwritten."""

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from sluice.aio.client import AsyncClient
from sluice.models.photos import Photo
from sluice.printable import printable


async def copy_to(client: AsyncClient, photos: Sequence[Photo], folder: Path) -> int:
    """Write each photo's file into the folder, which is made; how many are new there.

    One that is there with the same content is left alone, another one of its name gets a number.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    new = 0
    for photo in photos:
        content = await client.photos.image(photo.id, original=True)
        new += await asyncio.to_thread(_written, folder, photo.payload.filename, content)
    return new


def _written(folder: Path, name: str, content: bytes) -> bool:
    # A name comes from elsewhere: no part of it may lead out of the folder.
    last = printable(Path(name).name)
    plain = Path(last if last.strip(".") else "photo")
    for number in count(1):
        target = folder / (plain.name if number == 1 else f"{plain.stem} ({number}){plain.suffix}")
        try:
            with target.open("xb") as out:
                out.write(content)
        except FileExistsError:
            if target.read_bytes() == content:
                return False
        else:
            return True
    return False
