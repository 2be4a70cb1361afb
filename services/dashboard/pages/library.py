"""The library: photos of the active collection, found by words or by a picture."""

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import shell, words
from services.dashboard.api import Api
from services.dashboard.bodies import Photos
from services.dashboard.pages.photos import grid

PAGE = 120


async def library(q: str = "") -> None:
    """The page; `q` is what is searched for."""
    async with shell.page("Library", "/library") as api:
        collection = (await api.capabilities()).active_collection
        if collection is None:
            shell.empty("No collection yet: the first photos you add make one.", "Add photos", "/add")
            return
        view = _Library(api, collection)
        view.controls(q)
        with ui.element("section").props('aria-live="polite"'):
            view.place()
        await (view.search(q) if q else view.more())


class _Library:
    """What is shown of a collection."""

    def __init__(self, api: Api, collection: str) -> None:
        self._api = api
        self._collection = collection
        self._cursor: str | None = None

    def controls(self, query: str) -> None:
        """The search field, and a place to drop a picture."""
        with ui.element("div").classes("sl-row"):
            field = ui.input("Search", value=query, placeholder="beach, cat, IMG_2041").classes("sl-grow")
            field.props("outlined dense clearable")
            field.on("keydown.enter", lambda: ui.navigate.to(f"/library?q={field.value or ''}"))
            ui.upload(label="Find by picture", auto_upload=True, on_upload=self.by_picture).props(
                'accept="image/*" flat dense'
            ).style("max-width: 220px")

    def place(self) -> None:
        """Where the photos go."""
        self._found = ui.label("").classes("sl-soft")
        self._grid = ui.element("div").classes("sl-main").style("padding: 0; gap: 8px")
        self._button = ui.button("More photos", on_click=self.clicked).props("flat")
        self._button.set_visibility(False)

    async def search(self, query: str) -> None:
        """Photos by words."""
        self._show(await self._api.search(query), f"for {query}")

    async def by_picture(self, event: events.UploadEventArguments) -> None:
        """Photos that look like a picture."""
        try:
            found = await self._api.search_image(event.file.name, await event.file.read())
        except SluiceError as error:
            shell.reported(error)
        else:
            self._show(found, f"that look like {event.file.name}")

    def _show(self, found: Photos, what: str) -> None:
        self._grid.clear()
        self._button.set_visibility(False)
        self._found.set_text(f"{len(found.results)} photos {what} ({found.mode})")
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
        page = await self._api.gallery(self._collection, self._cursor, PAGE)
        if self._cursor is None:
            info = await self._api.collection(self._collection)
            self._found.set_text(f"{words.count(info.points_count)} photos in {self._collection}")
            if not page.results:
                shell.empty("This collection is empty.", "Add photos", "/add")
        self._cursor = page.next
        self._button.set_visibility(page.next is not None)
        with self._grid:
            grid(page.results)
