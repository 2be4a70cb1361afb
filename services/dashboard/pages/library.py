"""The library: photos of the active collection, narrowed by facets, found by words or by a picture."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from nicegui import events, ui

from libs.common.errors import Code, SluiceError
from services.dashboard import shell, words
from services.dashboard.pages.photos import grid
from sluice import AsyncClient, wire
from sluice.models.photos import Facet, SearchResults

PAGE = 120
HITS = 60
FACET_VALUES = 12
FACETS = {
    "month": "Month", "place": "Place", "camera": "Camera", "people": "People", "format": "Format",
    "kind": "Kind", "rating": "Rating",
}  # fmt: skip


async def library(q: str = "", f: str = "") -> None:
    """The page; `q` is what is searched for, `f` the filters as JSON, so that a page has its address."""
    async with shell.page("Library", "/library") as api:
        collection = (await api.capabilities()).active_collection
        if collection is None:
            shell.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")
            return
        view = _Library(api, collection, q, chosen(f))
        view.controls()
        await view.facets()
        with ui.element("section").props('aria-live="polite"'):
            view.place()
        await (view.search() if q else view.more())


def chosen(text: str) -> dict[str, Any]:
    """The filters in an address; SluiceError invalid_request where they are no JSON object."""
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SluiceError(Code.INVALID_REQUEST, "the filters in this address cannot be read") from error


def address(query: str, filters: dict[str, Any]) -> str:
    """Where the library shows what is found by a query and filters."""
    given = wire.given({"q": query or None, "f": wire.as_query(filters)})
    return f"/library?{urlencode(given)}" if given else "/library"


class _Library:
    """What is shown of a collection."""

    def __init__(self, api: AsyncClient, collection: str, query: str, filters: dict[str, Any]) -> None:
        self._api = api
        self._collection = collection
        self._query = query
        self._filters = filters
        self._cursor: str | None = None

    def controls(self) -> None:
        """The search field, and a place to drop a picture."""
        with ui.element("div").classes("sl-row"):
            field = ui.input("Search", value=self._query, placeholder="beach, cat, IMG_2041")
            field.classes("sl-grow").props("outlined dense clearable")
            field.on("keydown.enter", lambda: ui.navigate.to(address(field.value or "", self._filters)))
            ui.upload(label="Find by picture", auto_upload=True, on_upload=self.by_picture).props(
                'accept="image/*" flat dense'
            ).style("max-width: 220px")

    async def facets(self) -> None:
        """What the photos can be narrowed by, with counts, and what they are narrowed by."""
        found = await self._api.photos.facets(
            self._collection, list(FACETS), filters=self._filters, limit=FACET_VALUES
        )
        with ui.element("nav").classes("sl-row").props('aria-label="Filters"'):
            for field, value in self._filters.items():
                rest = {name: each for name, each in self._filters.items() if name != field}
                ui.link(f"{FACETS.get(field, field)}: {value} x", address(self._query, rest)).props(
                    f'aria-label="Remove the filter {field}"'
                )
            for field, title in FACETS.items():
                values = [] if field in self._filters else found.facets.get(field, [])
                if len(values) > 1:
                    self._menu(field, title, values)

    def _menu(self, field: str, title: str, values: list[Facet]) -> None:
        with ui.button(title).props("flat dense icon-right=expand_more"), ui.menu():
            for each in values:
                target = address(self._query, self._filters | {field: each.value})
                ui.menu_item(
                    f"{each.value} ({words.count(each.count)})", lambda target=target: ui.navigate.to(target)
                )

    def place(self) -> None:
        """Where the photos go."""
        self._found = ui.label("").classes("sl-soft")
        self._grid = ui.element("div").classes("sl-main").style("padding: 0; gap: 8px")
        self._button = ui.button("More photos", on_click=self.clicked).props("flat")
        self._button.set_visibility(False)

    async def search(self) -> None:
        """Photos by words."""
        found = await self._api.photos.search(self._query, filters=self._filters, limit=HITS)
        self._show(found, f"for {self._query}")

    async def by_picture(self, event: events.UploadEventArguments) -> None:
        """Photos that look like a picture."""
        try:
            content = await event.file.read()
            found = await self._api.photos.search_image(event.file.name, content, limit=HITS)
        except SluiceError as error:
            shell.reported(error)
        else:
            self._show(found, f"that look like {event.file.name}")

    def _show(self, found: SearchResults, what: str) -> None:
        self._grid.clear()
        self._button.set_visibility(False)
        self._found.set_text(f"{len(found.results)} photos {what}")
        with self._grid:
            grid(found.results)

    async def clicked(self) -> None:
        """The next photos; an error is shown as a message."""
        try:
            await self.more()
        except SluiceError as error:
            shell.reported(error)

    async def more(self) -> None:
        """The next photos of the collection, the newest first."""
        page = await self._api.photos.page(
            self._collection, filters=self._filters, cursor=self._cursor, limit=PAGE
        )
        if self._cursor is None and not page.items:
            shell.empty("No photos here.", "Add photos", "/add")
        self._cursor = page.next
        self._button.set_visibility(page.next is not None)
        with self._grid:
            grid(page.items)
