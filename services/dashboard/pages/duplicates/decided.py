"""Contents that people said are no duplicates of each other, and taking that back."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from libs.common.points.fields import Fields
from services.dashboard import parts, shell, words
from services.dashboard.pages.photos import thumbnail
from sluice import AsyncClient
from sluice.models.duplicates import Decision

SHOWN = 100
PICTURES = 6


async def decided(api: AsyncClient) -> None:
    """The view."""
    body = parts.stack()

    async def show() -> None:
        found = await api.duplicates.decisions()
        collection = await api.collections.active()
        body.clear()
        with body:
            for each in found[:SHOWN]:
                await _card(api, collection, each, undo)
            if not found:
                with parts.card(), ui.element("div").classes("sl-empty"):
                    ui.html(shell.symbol("rule"), sanitize=False)
                    parts.soft("Nothing was decided so far. A review of similar photos can say "
                               "that some are no duplicates of each other.")  # fmt: skip

    async def undo(decision_id: str) -> None:
        try:
            await api.duplicates.undecide(decision_id)
            await show()
        except SluiceError as error:
            shell.reported(error)

    await show()


async def _card(api: AsyncClient, collection: str | None, each: Decision, undo: parts.Action) -> None:
    with parts.card(), parts.row():
        if collection:
            page = await api.photos.page(
                collection, filters={Fields.file_hash.name: each.hashes[:PICTURES]}, sort="", limit=PICTURES
            )
            for photo in page.items:
                ui.html(f'<img class="sl-thumb" src="{thumbnail(photo.id)}" alt="">', sanitize=False)
        with ui.element("div").classes("sl-grow"):
            contents = words.plural(len(each.hashes), "content")
            ui.label(f"{contents} kept as they are")
            parts.soft_html(parts.time_of(each.at)).classes("sl-small")
        parts.quiet("Take it back", partial(undo, each.decision_id), "undo")
