"""What is done with photos that were chosen in a timeline or on a map: a collection, or an archive."""

from collections.abc import Sequence

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.plan import agreed
from sluice import AsyncClient


def listen(api: AsyncClient, collection: str) -> None:
    """Do what the bar about chosen photos asks for, on this page."""
    ui.on("chosen", _Chosen(api, collection).act)


class _Chosen:
    """Chosen photos of one collection."""

    def __init__(self, api: AsyncClient, collection: str) -> None:
        self._api = api
        self._collection = collection

    async def act(self, event: events.GenericEventArguments) -> None:
        """The action that the bar names, over the ids it gives."""
        ids = [str(each) for each in event.args["ids"]]
        act = self._collect if event.args["action"] == "collection" else self._archive
        with self._page():
            try:
                await act(ids)
            except SluiceError as error:
                shell.reported(error)

    def _page(self) -> ui.element:
        return ui.context.client.content

    async def _collect(self, ids: Sequence[str]) -> None:
        name = await _named(len(ids))
        if name:
            made = await self._api.collections.from_selection(name, self._collection, ids)
            ui.notify(f"{name} has {words.plural(made.copied, 'photo')}; files stay where they are")

    async def _archive(self, ids: Sequence[str]) -> None:
        if await agreed(await self._api.duplicates.archive_selection(ids, dry_run=True)):
            done = await self._api.duplicates.archive_selection(ids)
            ui.notify(f"{words.plural(len(done.archived), 'file')} moved; Duplicates has the way back")
            ui.run_javascript("dispatchEvent(new Event('sl-changed'))")


async def _named(count: int) -> str | None:
    with ui.dialog() as dialog, ui.card().classes("sl-dialog"):
        parts.heading(f"A collection of {words.plural(count, 'photo')}")
        name = ui.input("Name").props("outlined dense autofocus")
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: dialog.submit(None))
            parts.strong("Make it", lambda: dialog.submit((name.value or "").strip()))
    chosen = await dialog
    dialog.delete()
    return str(chosen) if chosen else None
