"""Following a folder, or following it another way: what is asked for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.folder_choice import FolderChoice
from sluice import AsyncClient
from sluice.aio.collections import FIRST
from sluice.models.libraries import Library

RESCANS = {
    None: "Never by itself",
    timedelta(hours=1): "Every hour",
    timedelta(days=1): "Every day",
    timedelta(days=7): "Every week",
}
PRUNES = {"ask": "After a look", "auto": "By itself", "off": "Never"}


async def new_library(api: AsyncClient) -> Library | None:
    """A library that was made of the answers; None if the person thought better of it."""
    form = _Form()
    with form.dialog, ui.card().classes("sl-dialog"):
        parts.heading("Follow a folder")
        name = ui.input("Name", placeholder="Family").props("outlined dense")
        made: list[Library] = []

        async def add(path: str) -> None:
            if not name.value:
                name.set_value(path.rstrip("/").rpartition("/")[2])
            try:
                await api.collections.ensure_active(FIRST)
                made.append(await api.libraries.add(name.value or "", path, **form.options()))
            except SluiceError as error:
                shell.reported(error)
                return
            form.dialog.submit(None)

        form.fields(watch=True, rescan=timedelta(days=1), prune="ask")
        await FolderChoice(api, add, "Follow").show()
        parts.quiet("Cancel", lambda: form.dialog.submit(None))
    await form.dialog
    form.dialog.delete()
    return made[0] if made else None


async def changed(api: AsyncClient, library: Library) -> bool:
    """Whether the library is followed another way now."""
    form = _Form()
    with form.dialog, ui.card().classes("sl-dialog"):
        parts.heading(library.name)
        form.fields(watch=library.watch, rescan=library.rescan, prune=library.prune, exclude=library.exclude)
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: form.dialog.submit(False))
            parts.strong("Keep", lambda: form.dialog.submit(True))
    try:
        if not await form.dialog:
            return False
        await api.libraries.update(library.library_id, **form.options())
    except SluiceError as error:
        shell.reported(error)
        return False
    finally:
        form.dialog.delete()
    return True


class _Form:
    """The fields that both dialogs have."""

    def __init__(self) -> None:
        self.dialog = ui.dialog()

    def fields(
        self, *, watch: bool, rescan: timedelta | None, prune: str, exclude: Sequence[str] = ()
    ) -> None:
        """Show them with these answers."""
        self._watch = ui.switch("See changes as they happen", value=watch)
        rescans = RESCANS if rescan in RESCANS else {**RESCANS, rescan: f"Every {rescan}"}
        self._rescan = ui.select(rescans, value=rescan, label="Whole scans").props("outlined dense")
        self._prune = ui.select(PRUNES, value=prune, label="Remove photos of gone files")
        self._prune.props("outlined dense")
        self._exclude = ui.textarea(
            "Pass over (patterns as in .gitignore, one a line)", value="\n".join(exclude)
        ).props("outlined dense autogrow")

    def options(self) -> dict[str, Any]:
        """The answers, as the gateway takes them."""
        patterns = [line.strip() for line in (self._exclude.value or "").splitlines() if line.strip()]
        return {
            "watch": self._watch.value, "rescan": self._rescan.value, "prune": self._prune.value,
            "exclude": patterns,
        }  # fmt: skip
