"""The other files of a photo: of the same content, and of the same picture."""

from collections.abc import Sequence

from nicegui import ui

from libs.common.points.fields import Fields
from services.dashboard import parts
from sluice import AsyncClient
from sluice.models.photos import Filters, Photo, PhotoInfo

MOST = 20


async def copies(api: AsyncClient, found: PhotoInfo) -> list[Photo]:
    """Other files of the same content; this and the next may raise SluiceError."""
    return await _others(api, found, {Fields.file_hash.name: found.file_hash}) if found.file_hash else []


async def files_of_stack(api: AsyncClient, found: PhotoInfo) -> list[Photo]:
    """Other files of the same picture: its RAW, its JPEG, an edit."""
    return await _others(api, found, {Fields.stack.name: found.stack}) if found.stack else []


async def _others(api: AsyncClient, found: PhotoInfo, filters: Filters) -> list[Photo]:
    if not found.collection:
        return []
    page = await api.photos.page(found.collection, filters=filters, sort="", limit=MOST)
    return [each for each in page.items if each.id != found.id]


def listed(title: str, photos: Sequence[Photo]) -> None:
    """Where they lie, as links."""
    with parts.card(title):
        for each in photos:
            with ui.element("div").classes("sl-line"):
                name = each.payload.full_path or each.payload.filename
                ui.link(name, f"/photo/{each.id}").classes("sl-path")
