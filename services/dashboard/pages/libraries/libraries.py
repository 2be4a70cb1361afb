"""Followed folders: which there are, how each is followed, a scan now, and what waits to be removed."""

from functools import partial
from html import escape

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.libraries.form import changed, new_library
from services.dashboard.pages.libraries.sync_report import pending
from sluice import AsyncClient
from sluice.models.libraries import Library

LOOK_SECONDS = 5.0
RULES = {"auto": "removed by itself", "ask": "removed after a look", "off": "kept"}


async def libraries() -> None:
    """The page."""
    async with shell.page("Followed folders", "/libraries", "add") as api:
        parts.soft(
            "A followed folder keeps the index like the disk: new photos come in, moved ones keep what is "
            "known of them, and those of gone files leave."
        ).style("max-width: 72ch")
        view = _Libraries(api)
        await view.show()
        ui.timer(LOOK_SECONDS, view.refresh, immediate=False)


class _Libraries:
    """The list, made again where something has changed, and what can be done with each."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._last: list[Library] | None = None
        self._list = parts.stack()
        with parts.row():
            parts.strong("Follow a folder", self._add)

    async def refresh(self) -> None:
        """Look again; a gateway that is away is looked for again next time."""
        try:
            await self.show()
        except SluiceError:
            return

    async def show(self) -> None:
        """All libraries as they are now."""
        found = await self._api.libraries.all()
        if found == self._last:
            return
        self._last = found
        self._list.clear()
        with self._list:
            for each in found:
                await self._card(each)
            if not found:
                with parts.card(), ui.element("div").classes("sl-empty"):
                    ui.html(shell.symbol("folder_special"), sanitize=False)
                    parts.soft("No folder is followed yet.")

    async def _card(self, each: Library) -> None:
        with parts.card(), parts.stack(tight=True):
            with parts.row():
                with ui.element("div").classes("sl-grow"):
                    parts.heading(each.name)
                    parts.soft(f"{each.uri} into {each.collection}").classes("sl-path")
                parts.quiet("Scan now", partial(self._scan, each))
                parts.quiet("Change", partial(self._change, each))
                parts.quiet("Stop following", partial(self._remove, each))
            parts.soft_html(" - ".join(how(each)))
            if each.following.error:
                shell.notice(each.following.error, bad=True)
            if each.following.job_id:
                ui.link("Its last job", f"/jobs/{each.following.job_id}")
                await pending(self._api, each.following.job_id)

    async def _add(self) -> None:
        if await new_library(self._api):
            await self.refresh()

    async def _change(self, each: Library) -> None:
        if await changed(self._api, each):
            await self.refresh()

    async def _scan(self, each: Library) -> None:
        try:
            job = await self._api.libraries.scan(each.library_id)
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{job.job_id}")

    async def _remove(self, each: Library) -> None:
        question = f"Follow {each.name} no more? Its photos stay in {each.collection}, and on disk."
        if not await parts.confirmed(question, "Stop following"):
            return
        try:
            await self._api.libraries.remove(each.library_id)
        except SluiceError as error:
            shell.reported(error)
        await self.refresh()


def how(each: Library) -> list[str]:
    """How it is followed, in words, as HTML."""
    now = each.following
    watched = {"events": "changes are seen as they happen", "polling": "looked at again and again"}
    said = [watched.get(now.watching, "its changes are not watched")]
    if each.rescan:
        said.append(f"a scan every {words.duration(each.rescan.total_seconds())}")
    if now.scanned_at:
        said.append(f"scanned {parts.age_of(now.scanned_at)}")
    if now.next_scan_at:
        said.append(f"next {parts.time_of(now.next_scan_at)}")
    said.append(f"photos of gone files are {escape(RULES.get(each.prune, each.prune))}")
    return said
