"""A live example of a threshold: what it would group with one photo of the collection."""

from html import escape

from nicegui import ui

from libs.common.errors import Code, SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.photos import thumbnail
from sluice import AsyncClient
from sluice.models.photos import Photo

NEIGHBOURS = 7


class Example:
    """A photo with its nearest neighbours; those that the threshold takes are marked as it moves."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._place = ui.element("div").classes("sl-example").props('aria-live="polite"')
        self._threshold = 1.0
        self._photo: Photo | None = None
        self._near: list[Photo] = []

    async def show(self, threshold: float) -> None:
        """Any photo, as the threshold is now."""
        self._threshold = threshold
        await self.another()

    async def another(self) -> None:
        """Another photo; nothing where the collection is empty."""
        try:
            self._photo = await self._api.photos.random()
            self._near = (await self._api.photos.similar(self._photo.id, limit=NEIGHBOURS)).results
        except SluiceError as error:
            if error.code not in (Code.NOT_FOUND, Code.IMAGE_NOT_FOUND):
                shell.reported(error)
            self._photo, self._near = None, []
        self._drawn()

    def mark(self, threshold: float) -> None:
        """The same photos at another threshold."""
        self._threshold = threshold
        self._drawn()

    def _drawn(self) -> None:
        self._place.clear()
        with self._place:
            if self._photo is None:
                parts.soft("The collection is empty: there is nothing to compare.")
                return
            near = "".join(_tile(each, _score(each) >= self._threshold) for each in self._near)
            ui.html(f"{_tile(self._photo, True, 'this one')}{near}", sanitize=False).classes(
                "sl-strip"
            ).props('tabindex=0 role=group aria-label="Its nearest photos"')
            taken = sum(_score(each) >= self._threshold for each in self._near)
            parts.soft(
                f"Of its {len(self._near)} nearest, {taken or 'none'} would be grouped with the first."
            ).classes("sl-small")


def _score(photo: Photo) -> float:
    return photo.score or 0.0


def _tile(photo: Photo, is_taken: bool, label: str = "") -> str:
    text = label or f"{_score(photo):.3f}"
    name = escape(photo.payload.filename, quote=True)
    return (
        f'<div class="sl-photo {"sl-taken" if is_taken else "sl-left"}" title="{name}">'
        f'<img src="{thumbnail(photo.id)}" alt="{name}"><span class="sl-reason">{text}</span></div>'
    )
