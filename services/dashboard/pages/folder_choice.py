"""Choosing a folder that the gateway may read: from its roots down, or by its path."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from sluice import AsyncClient
from sluice.models.system import FolderListing

SHOWN = 300
"""Folders of one that are listed."""


class FolderChoice:
    """A field for a path, and the folders below it; `scan` is called with the path that is chosen."""

    def __init__(self, api: AsyncClient, scan: Callable[[str], Awaitable[Any]], action: str = "Scan") -> None:
        self._api = api
        self._scan = scan
        with parts.row():
            self._path = ui.input("Folder", placeholder="/photos/2019").classes("sl-grow")
            self._path.props("outlined dense")
            self._path.on("keydown.enter", lambda: self.enter(self._path.value or None))
            parts.strong(action, lambda: scan(self._path.value or ""))
        parts.soft("As the gateway sees it; photos stay where they are, and nothing is copied.").classes(
            "sl-small"
        )
        self._below = ui.element("div")

    async def show(self) -> None:
        """The roots; where there is one alone, what lies in it."""
        found = await self._listed(None)
        if found is not None and len(found.folders) == 1:
            found = await self._listed(found.folders[0]) or found
        self._shown(found)

    async def enter(self, path: str | None) -> None:
        """Look into a folder."""
        found = await self._listed(path)
        if found is not None:
            self._shown(found)

    async def _listed(self, path: str | None) -> FolderListing | None:
        try:
            return await self._api.folders(path)
        except SluiceError as error:
            shell.reported(error)
            return None

    def _shown(self, found: FolderListing | None) -> None:
        self._below.clear()
        if found is None:
            return
        if found.path:
            self._path.set_value(found.path)
        with self._below, ui.element("ul").classes("sl-folders").props('aria-label="What lies here"'):
            if found.path:
                self._line("..", found.parent, "arrow_upward")
            for path in found.folders[:SHOWN]:
                self._line(PurePosixPath(path).name if found.path else path, path, "folder")
            if found.pictures:
                with ui.element("li").classes("sl-soft"):
                    more = "or more " if found.truncated else ""
                    ui.label(f"{words.plural(found.pictures, 'photo')} {more}in this folder itself")
            if found.path and not found.folders and not found.pictures:
                with ui.element("li").classes("sl-soft"):
                    ui.label("No folders and no photos here.")

    def _line(self, name: str, path: str | None, icon: str) -> None:
        with ui.element("li"):
            button = parts.quiet(name, partial(self.enter, path), icon)
            button.props("align=left").classes("sl-folder", remove="sl-quiet")
