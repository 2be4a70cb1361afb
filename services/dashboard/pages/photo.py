"""One photo: the picture, what is known of it, where it lies, and what looks like it."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell
from services.dashboard.pages.photos import grid
from sluice import AsyncClient
from sluice.models.photos import PhotoInfo

SIMILAR = 12
EXIF = (
    "DateTimeOriginal", "Make", "Model", "LensModel", "FocalLength", "FNumber", "ExposureTime",
    "ISOSpeedRatings", "Artist", "Copyright",
)  # fmt: skip


async def photo(photo_id: str) -> None:
    """The page."""
    async with shell.page("Photo", "/library") as api:
        found = await api.photos.info(photo_id)
        with ui.element("div").classes("sl-two"):
            ui.html(f'<img class="sl-full" src="{shell.url(f"/image/{found.id}")}" alt="">', sanitize=False)
            with ui.element("div").classes("sl-card"):
                _facts(found)
                ui.link("Download the original", f"/image/{found.id}?original=true")
        await _similar(api, found)


def facts(found: PhotoInfo) -> dict[str, str]:
    """What is known of the photo, by name."""
    size = f"{found.width} x {found.height}" if found.width else ""
    shown = {
        "Name": found.filename, "Caption": found.caption or "", "Tags": ", ".join(found.tags),
        "Size": size, "Format": found.format or "", "Path": found.full_path or "",
        "Collection": found.collection or "",
    }  # fmt: skip
    shown |= {name: found.exif.get(name, "") for name in EXIF}
    return {name: value for name, value in shown.items() if value}


def _facts(found: PhotoInfo) -> None:
    with ui.element("dl").classes("sl-facts"):
        for name, value in facts(found).items():
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value)


async def _similar(api: AsyncClient, found: PhotoInfo) -> None:
    try:
        hits = await api.photos.similar(found.id, limit=SIMILAR)
    except SluiceError as error:
        shell.notice(error.detail)
        return
    if hits.results:
        with ui.element("section"):
            ui.html("<h2>Looks like it</h2>")
            grid(hits.results)
