"""Collections: make, select, merge, change the model, clear the cache, delete after typing the name."""

from collections.abc import Awaitable
from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.collections.merging import merge_into
from services.dashboard.pages.collections.model import model_section
from sluice import AsyncClient
from sluice.models.collections import CollectionInfo
from sluice.models.jobs import Want


async def collections() -> None:
    """The page."""
    async with shell.page("Collections", "/collections") as api:
        view = _Collections(api)
        await view.show()


class _Collections:
    """The list and what can be done with each."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._list = parts.stack()
        with parts.card("A new collection"), parts.row():
            self._name = ui.input("Name").props("outlined dense").classes("sl-grow")
            parts.quiet("Create", self._create)

    async def show(self) -> None:
        """All collections as they are now, the active one first."""
        names = await self._api.collections.names()
        found = [await self._api.collections.info(name) for name in names]
        self._list.clear()
        with self._list:
            for each in sorted(found, key=lambda each: not each.is_active):
                await self._card(each, [name for name in names if name != each.name])
            if not found:
                parts.empty("No collection yet. Adding photos makes one called photos.", "Add photos", "/add",
                            "collections_bookmark")  # fmt: skip

    async def _card(self, each: CollectionInfo, others: list[str]) -> None:
        with parts.card(), parts.stack():
            with parts.row():
                with ui.element("div").classes("sl-grow"):
                    parts.heading(each.name)
                    parts.soft(
                        f"{words.plural(each.points_count, 'photo')}, {each.config.vector_size} dimensions, "
                        f"{each.config.distance}"
                    )
                if each.is_active:
                    ui.label("active").classes("sl-chip on")
                else:
                    parts.strong("Select", partial(self._select, each.name))
            await model_section(self._api, each)
            with parts.row():
                if each.points_count:
                    parts.quiet("Add captions", partial(self._describe, each.name, "caption"))
                    parts.quiet("Read text", partial(self._describe, each.name, "text"))
                if each.is_active:
                    parts.quiet("Clear the cache", self._clear)
                if others:
                    parts.quiet("Merge others into it", partial(self._merge, each.name, others))
                parts.danger("Delete", partial(self._delete, each))

    async def _create(self) -> None:
        await self._do(self._api.collections.create(self._name.value or ""))

    async def _select(self, name: str) -> None:
        await self._do(self._api.collections.select(name))

    async def _clear(self) -> None:
        if await parts.confirmed(
            "Clear the cache? The next ingest of these photos has the model look at each again.",
            "Clear the cache",
        ):
            await self._do(self._api.collections.clear_cache())

    async def _describe(self, name: str, want: Want) -> None:
        try:
            job = await self._api.jobs.describe(name, [want])
            ui.navigate.to(f"/jobs/{job.job_id}")
        except SluiceError as error:
            shell.reported(error)

    async def _merge(self, name: str, others: list[str]) -> None:
        if await merge_into(self._api, name, others):
            await self.show()

    async def _delete(self, each: CollectionInfo) -> None:
        photos = words.plural(each.points_count, "photo")
        question = f"Delete {each.name}, and what is known of its {photos}? The files stay where they are."
        if await parts.confirmed(question, "Delete", typed=each.name):
            await self._do(self._api.collections.delete(each.name))

    async def _do(self, change: Awaitable[object]) -> None:
        try:
            await change
            await self.show()
        except SluiceError as error:
            shell.reported(error)
