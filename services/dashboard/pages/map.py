"""The map of a collection: neighbours look alike; each point leads to its photo."""

import asyncio
from html import escape

from nicegui import ui

from libs.common.errors import Code, SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.photos import thumbnail
from sluice import AsyncClient
from sluice.models.photos import PhotoMap

SAMPLE = 500
GIVE_UP_SECONDS = 120.0
SIZE = 44
"""Pixels of a thumbnail in the map's own scale of 1000."""
WIDTH = 1000
HALF = 10.0
"""The plane reaches from -10 to 10."""


async def map_page() -> None:
    """The page."""
    async with shell.page("Map", "/map") as api:
        waiting = ui.label("Laying out the photos. The first time takes some seconds.").classes("sl-soft")
        await ui.context.client.connected()
        found = await laid_out(api)
        waiting.delete()
        if not found.points:
            parts.empty("This collection is empty.", "Add photos", "/add")
            return
        ui.label(f"{len(found.points)} photos of {found.collection}. Neighbours look alike.").classes(
            "sl-soft"
        )
        ui.html(picture(found), sanitize=False)


async def laid_out(api: AsyncClient) -> PhotoMap:
    """The map, asked for again while the gateway still computes it; SluiceError after GIVE_UP_SECONDS."""
    clock = asyncio.get_running_loop().time
    until = clock() + GIVE_UP_SECONDS
    while True:
        try:
            return await api.photos.map(sample=SAMPLE)
        except SluiceError as error:
            if error.code != Code.MAP_PENDING or clock() > until:
                raise


def picture(found: PhotoMap) -> str:
    """The map as SVG, each photo at its place."""
    photos = "".join(
        f'<a href="{shell.url(f"/photo/{point.id}")}"><title>{escape(point.filename)}</title>'
        f'<image href="{thumbnail(point.id)}" x="{_at(point.x):.1f}" y="{_at(-point.y):.1f}" '
        f'width="{SIZE}" height="{SIZE}" preserveAspectRatio="xMidYMid slice"/></a>'
        for point in found.points
    )
    label = escape(f"Map of {found.collection}", quote=True)
    return (
        f'<svg class="sl-map" viewBox="0 0 {WIDTH} {WIDTH}" role="group" aria-label="{label}">{photos}</svg>'
    )


def _at(value: float) -> float:
    return (value + HALF) / (2 * HALF) * (WIDTH - SIZE)
