"""Collections: make, select, clear the cache, delete after typing the name."""

from collections.abc import Awaitable
from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell, words
from sluice import AsyncClient
from sluice.models.collections import CollectionInfo


async def collections() -> None:
    """The page."""
    async with shell.page("Collections", "/collections") as api:
        view = _Collections(api)
        await view.show()


class _Collections:
    """The list and what can be done with each."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        with ui.element("section").classes("sl-card sl-row"):
            self._name = ui.input("New collection").props("outlined dense").classes("sl-grow")
            ui.button("Create", on_click=self._create).props("unelevated")
        self._list = ui.element("div").classes("sl-main").style("padding: 0; gap: 12px")

    async def show(self) -> None:
        """All collections as they are now."""
        names = await self._api.collections.names()
        found = [await self._api.collections.info(name) for name in names]
        self._list.clear()
        with self._list:
            for each in found:
                self._card(each)
            if not found:
                ui.label("No collection yet. Adding photos makes one called photos.").classes("sl-soft")

    def _card(self, each: CollectionInfo) -> None:
        with ui.element("section").classes("sl-card sl-row"):
            with ui.element("div").classes("sl-grow"):
                ui.label(each.name + (" (active)" if each.is_active else "")).style("font-weight: 600")
                ui.label(
                    f"{words.count(each.points_count)} photos, {each.config.vector_size} dimensions, "
                    f"{each.config.distance}, model {each.model or 'not known yet'}"
                ).classes("sl-soft")
            if not each.is_active:
                ui.button("Select", on_click=partial(self._select, each.name)).props("flat")
            else:
                ui.button("Clear cache", on_click=self._clear).props("flat")
            ui.button("Delete", on_click=partial(self._delete, each)).props("flat color=negative")

    async def _create(self) -> None:
        await self._do(self._api.collections.create(self._name.value or ""))

    async def _select(self, name: str) -> None:
        await self._do(self._api.collections.select(name))

    async def _clear(self) -> None:
        await self._do(self._api.collections.clear_cache())
        ui.notify("Cache cleared: the next ingest reprocesses its photos")

    async def _delete(self, each: CollectionInfo) -> None:
        with ui.dialog() as dialog, ui.card():
            ui.label(f"Delete {each.name} with its {words.count(each.points_count)} points? Files stay.")
            typed = ui.input(f"Type {each.name} to confirm").props("outlined dense")
            with ui.row():
                ui.button("Keep it", on_click=lambda: dialog.submit(False)).props("flat")
                ui.button("Delete", on_click=lambda: dialog.submit(typed.value == each.name)).props(
                    "unelevated color=negative"
                )
        if await dialog:
            await self._do(self._api.collections.delete(each.name))

    async def _do(self, change: Awaitable[object]) -> None:
        try:
            await change
            await self.show()
        except SluiceError as error:
            shell.reported(error)
