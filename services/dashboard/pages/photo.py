"""One photo: the picture, what is known of it, where it lies, its copies, and what looks like it."""

from html import escape
from urllib.parse import quote

from nicegui import ui

from libs.common.errors import SluiceError
from libs.common.points.fields import Fields
from services.dashboard import parts, shell
from services.dashboard.pages.photo_facts import folder_of, names, place, technical
from services.dashboard.pages.photos import grid
from sluice import AsyncClient
from sluice.models.photos import Photo, PhotoInfo

SIMILAR = 12
COPIES = 20


async def photo(photo_id: str) -> None:
    """The page."""
    async with shell.page("Photo", "/library", wide=True) as api:
        found = await api.photos.info(photo_id)
        shell.script("photo.js")
        with ui.element("div").classes("sl-two"):
            with parts.stack():
                _picture(found)
                await _similar(api, found)
            with parts.stack():
                _known(found)
                await _copies(api, found)


def _picture(found: PhotoInfo) -> None:
    alt = escape(found.caption or found.filename, quote=True)
    size = f' width="{found.width}" height="{found.height}"' if found.width and found.height else ""
    ui.html(
        f'<div class="sl-hero"><img src="{shell.url(f"/image/{found.id}")}" alt="{alt}"{size}></div>',
        sanitize=False,
    )


def _known(found: PhotoInfo) -> None:
    with parts.card(), parts.stack():
        ui.label(found.filename).classes("sl-strong sl-path")
        if found.caption:
            ui.label(found.caption)
        if found.tags:
            with parts.row():
                for tag in found.tags:
                    ui.label(tag).classes("sl-chip")
        _facts({**names(found), **technical(found)})
        if where := place(found):
            _facts({"Coordinates": f"{where[0]:.5f}, {where[1]:.5f}"})
            lat, lon = where
            ui.html(
                f'<a href="https://www.openstreetmap.org/?mlat={lat}&amp;mlon={lon}#map=14/{lat}/{lon}" '
                'target="_blank" rel="noopener noreferrer">Look at it on OpenStreetMap</a>',
                sanitize=False,
            )
        with parts.row():
            ui.link("Download the original", f"/image/{found.id}?original=true")
            if folder := folder_of(found):
                filters = quote(f'{{"below":{_text(folder)}}}')
                ui.link("All of this folder", f"/library?f={filters}")


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _facts(facts: dict[str, str]) -> None:
    with ui.element("dl").classes("sl-facts"):
        for name, value in facts.items():
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value)


async def _copies(api: AsyncClient, found: PhotoInfo) -> None:
    """Other files of the same content."""
    if not found.file_hash or not found.collection:
        return
    with shell.errors():
        page = await api.photos.page(
            found.collection, filters={Fields.file_hash.name: found.file_hash}, sort="", limit=COPIES
        )
        others = [each for each in page.items if each.id != found.id]
        if others:
            with parts.card("The same content"):
                for each in others:
                    _copy(each)


def _copy(each: Photo) -> None:
    with ui.element("div").classes("sl-line"):
        ui.link(each.payload.full_path or each.payload.filename, f"/photo/{each.id}").classes("sl-path")


async def _similar(api: AsyncClient, found: PhotoInfo) -> None:
    try:
        hits = await api.photos.similar(found.id, limit=SIMILAR, thumbnails=True)
    except SluiceError as error:
        shell.notice(error.detail)
        return
    if hits.results:
        parts.heading("More like this")
        grid(hits.results, strip=True)
