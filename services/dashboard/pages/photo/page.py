"""One photo: the picture, what is known of it, where it lies, its other files, and what looks like it."""

import asyncio
from collections.abc import Callable
from functools import partial
from html import escape

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.photo.known import known
from services.dashboard.pages.photo.others import copies, files_of_stack, listed
from services.dashboard.pages.photos import grid
from sluice import AsyncClient
from sluice.models.photos import Photo, PhotoInfo

SIMILAR = 12


async def photo(photo_id: str) -> None:
    """The page; its script turns to the photos before and after it in place."""
    async with shell.page("Photo", "/library", "photo", wide=True) as api:
        shell.script("photo.js")
        view = _Photo(api)
        await view.show(photo_id)
        ui.on("turned", view.turned)


class _Photo:
    """What is shown of one photo after the other."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._wanted = ""
        with ui.element("div").classes("sl-two"):
            self._seen = parts.stack()
            self._said = parts.stack()

    async def turned(self, event: events.GenericEventArguments) -> None:
        """The script shows another photo."""
        try:
            await self.show(str(event.args["id"]))
        except SluiceError as error:
            shell.reported(error)

    async def show(self, photo_id: str) -> None:
        """The photo and what is known of it, then what it is compared with, unless one has turned on."""
        self._wanted = photo_id
        found = await self._api.photos.info(photo_id)
        if self._wanted != photo_id:
            return
        self._seen.clear()
        self._said.clear()
        with self._seen:
            ui.html(_picture(found), sanitize=False)
        with self._said:
            known(found)
        await self._compared(found)

    async def _compared(self, found: PhotoInfo) -> None:
        same, stack, alike = await asyncio.gather(
            copies(self._api, found), files_of_stack(self._api, found), self._alike(found),
            return_exceptions=True,
        )  # fmt: skip
        if self._wanted != found.id:
            return
        with self._said:
            _shown(same, partial(listed, "The same content"))
            _shown(stack, partial(listed, "Other files of this picture"))
        with self._seen:
            _shown(alike, partial(_strip, found.id))

    async def _alike(self, found: PhotoInfo) -> list[Photo]:
        return (await self._api.photos.similar(found.id, limit=SIMILAR, thumbnails=True)).results


def _shown(photos: list[Photo] | BaseException, show: Callable[[list[Photo]], None]) -> None:
    """Show the photos, or say why there are none."""
    if isinstance(photos, SluiceError):
        shell.notice(shell.sentence(photos))
    elif isinstance(photos, BaseException):
        raise photos
    elif photos:
        show(photos)


def _strip(photo_id: str, alike: list[Photo]) -> None:
    with parts.row():
        parts.heading("More like this").classes("sl-grow")
        ui.link("All of them", f"/library?like={photo_id}")
    grid(alike, strip=True)


def _picture(found: PhotoInfo) -> str:
    alt = escape(found.caption or found.filename, quote=True)
    size = f' width="{found.width}" height="{found.height}"' if found.width and found.height else ""
    image = f'<img src="{shell.url(f"/image/{escape(found.id, quote=True)}")}" alt="{alt}"{size}>'
    return f'<sl-hero class="sl-hero">{image}</sl-hero>'
