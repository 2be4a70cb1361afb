"""The library: a timeline of the active collection, narrowed by facets, or found by words or a picture."""

import asyncio

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, selection, shell, words
from services.dashboard.pages.filters import FACETS, address, chosen, shown
from services.dashboard.pages.photos import grid
from services.dashboard.pages.timeline import MOST_MONTHS, timeline
from sluice import AsyncClient
from sluice.models.photos import Facet, Filters, SearchResults

HITS = 60
FACET_VALUES = 12


async def library(q: str = "", f: str = "") -> None:
    """The page; `q` is what is searched for, `f` the filters as JSON, so that a page has its address."""
    async with shell.page("Library", "/library", "gallery", wide=True) as api:
        collection = (await api.capabilities()).active_collection
        if collection is None:
            parts.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")
            return
        view = _Library(api, collection, q, chosen(f))
        await view.show()


class _Library:
    """What is shown of a collection."""

    def __init__(self, api: AsyncClient, collection: str, query: str, filters: Filters) -> None:
        self._api = api
        self._collection = collection
        self._query = query
        self._filters = filters

    async def show(self) -> None:
        """The controls, and the photos."""
        facets = self._api.photos.facets(
            self._collection, list(FACETS), filters=self._filters, limit=MOST_MONTHS
        )
        found, hits = await asyncio.gather(facets, self._search())
        if not found.total and not self._filters:
            parts.empty(f"The collection {self._collection} is empty.", "Add photos", "/add")
            return
        self._controls()
        self._narrowed(found.facets, found.total)
        self._place = ui.element("section").props('aria-live="polite"')
        with self._place:
            if hits is not None:
                self._hits(hits, f"for {self._query}")
            elif found.total:
                timeline(self._collection, self._filters, found)
                selection.listen(self._api, self._collection)
            else:
                parts.empty("No photo fits all of these.", "Show all photos", "/library", "filter_alt_off")

    def _controls(self) -> None:
        """The search field, and a place to drop a picture."""
        with parts.row():
            field = ui.input("Search", value=self._query, placeholder="beach, cat, IMG_2041")
            field.classes("sl-grow").props("outlined dense clearable").style("min-width: 200px")
            field.on("keydown.enter", lambda: ui.navigate.to(address(field.value or "", self._filters)))
            field.on("clear", lambda: ui.navigate.to(address("", self._filters)))
            upload = ui.upload(auto_upload=True, on_upload=self._by_picture, max_files=1)
            upload.props('accept="image/*"').style("display: none")
            parts.quiet("Find by picture", lambda: upload.run_method("pickFiles"), "image_search")

    def _narrowed(self, facets: dict[str, list[Facet]], total: int) -> None:
        """What the photos can be narrowed by, with counts, and what they are narrowed by."""
        with ui.element("nav").classes("sl-row").props('aria-label="Filters"'):
            parts.soft(words.plural(total, "photo"))
            for field, value in self._filters.items():
                rest = {name: each for name, each in self._filters.items() if name != field}
                link = ui.link(shown(field, value), address(self._query, rest)).classes(
                    "sl-chip on sl-remove"
                )
                link.props(f'aria-label="Remove the filter {FACETS.get(field, field)}"')
            for field, title in FACETS.items():
                values = [] if field in self._filters else facets.get(field, [])
                if len(values) > 1:
                    self._menu(field, title, values)

    def _menu(self, field: str, title: str, values: list[Facet]) -> None:
        button = parts.quiet(title, lambda: None).props("dense icon-right=expand_more")
        with button, ui.menu():
            for each in values[:FACET_VALUES]:
                target = address(self._query, {**self._filters, field: each.value})
                with (
                    ui.menu_item(on_click=lambda target=target: ui.navigate.to(target)),
                    parts.row().style("width: 100%; min-width: 180px"),
                ):
                    ui.label(str(each.value)).classes("sl-grow")
                    parts.soft(words.count(each.count)).classes("sl-small")

    async def _search(self) -> SearchResults | None:
        """Photos by words, if any are looked for."""
        if not self._query:
            return None
        return await self._api.photos.search(self._query, filters=self._filters, limit=HITS)

    async def _by_picture(self, event: events.UploadEventArguments) -> None:
        """Photos that look like a picture."""
        try:
            content = await event.file.read()
            found = await self._api.photos.search_image(
                event.file.name, content, filters=self._filters, limit=HITS
            )
        except SluiceError as error:
            shell.reported(error)
            return
        self._place.clear()
        with self._place:
            self._hits(found, f"that look like {event.file.name}")

    def _hits(self, found: SearchResults, what: str) -> None:
        with parts.stack():
            if not found.results:
                parts.empty(f"Nothing was found {what}.", "Show all photos", address("", self._filters),
                            "search_off")  # fmt: skip
                return
            parts.soft(f"{words.plural(len(found.results), 'photo')} {what}, the best first")
            grid(found.results)
