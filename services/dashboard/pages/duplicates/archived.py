"""What was moved, and putting it back."""

from functools import partial
from html import escape

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from sluice import AsyncClient
from sluice.models.duplicates import ArchiveItem

SHOWN = 50
"""Moves of one archive that are listed."""


async def archived(api: AsyncClient) -> None:
    """The view."""
    view = _Archived(api, parts.stack())
    await view.more()


class _Archived:
    """Archives, the newest first, longer by a page each time."""

    def __init__(self, api: AsyncClient, body: ui.element) -> None:
        self._api = api
        self._body = body
        self._cursor: str | None = None
        self._button = parts.quiet("More archives", self.more)

    async def more(self) -> None:
        """The next page."""
        page = await self._api.duplicates.archive_page(cursor=self._cursor)
        first, self._cursor = self._cursor is None, page.next
        self._button.set_visibility(page.next is not None)
        with self._body:
            for each in page.items:
                self._card(each)
            if first and not page.items:
                with parts.card(), ui.element("div").classes("sl-empty"):
                    ui.html(shell.symbol("inventory_2"), sanitize=False)
                    parts.soft("Nothing was moved so far.")

    def _card(self, each: ArchiveItem) -> None:
        with parts.card(), parts.stack(tight=True):
            with parts.row():
                with ui.element("div").classes("sl-grow"):
                    files = words.plural(each.moved + each.restored, "file")
                    ui.label(f"{files} moved, of {each.collection}").classes("sl-strong")
                    state = escape(words.named(each.state))
                    parts.soft_html(f"{parts.time_of(each.created_at)}, {state}").classes("sl-small")
                if each.moved:
                    parts.quiet("Restore", partial(self._restore, each), "undo")
            with ui.expansion("Every move").props("dense"):
                for move in each.moves[:SHOWN]:
                    ui.label(f"{move.from_} -> {move.to} ({words.named(move.state)})").classes(
                        "sl-small sl-path"
                    )

    async def _restore(self, archive: ArchiveItem) -> None:
        question = f"Put {words.plural(archive.moved, 'file')} back where they were?"
        if not await parts.confirmed(question, "Restore"):
            return
        try:
            done = await self._api.duplicates.restore(archive.archive_id)
        except SluiceError as error:
            shell.reported(error)
            return
        ui.notify(f"{words.plural(len(done.moves), 'file')} put back")
        self._body.clear()
        self._cursor = None
        await self.more()
