"""Duplicates: copies of the same content, what would be moved, and moving it, with a way back."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell, words
from services.dashboard.pages.job import confirmed
from services.dashboard.pages.photos import thumbnail
from sluice import AsyncClient
from sluice.models.duplicates import Archive, ArchiveItem, ExactGroup, ExactPage

SHOWN = 200
"""Lines of a plan that are listed."""


async def duplicates() -> None:
    """The page."""
    async with shell.page("Duplicates", "/duplicates") as api:
        view = _Duplicates(api)
        await view.show()


class _Duplicates:
    """Groups of copies, and the archives of those that were moved."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._body = ui.element("div").classes("sl-main").style("padding: 0")

    async def show(self) -> None:
        """What is there now."""
        page = await self._api.duplicates.exact_page()
        archives = await self._api.duplicates.archive_page()
        self._body.clear()
        with self._body:
            if page.groups:
                self._groups(page)
            else:
                ui.label("No photo of this collection is stored twice.").classes("sl-card sl-soft")
            self._archives(archives.items)

    def _groups(self, page: ExactPage) -> None:
        with ui.element("div").classes("sl-row"):
            more = " or more" if page.next else ""
            ui.label(f"{words.count(len(page.groups))}{more} groups of identical files").classes("sl-grow")
            copies = [each for group in page.groups for each in spare(group)]
            ui.button(f"Archive {len(copies)} copies", on_click=partial(self._archive, copies)).props(
                "unelevated"
            )
        for group in page.groups:
            with ui.element("section").classes("sl-card"):
                ui.label(f"Kept: {group.reason}").classes("sl-soft sl-small")
                with ui.element("div").classes("sl-group"):
                    for file in group.files:
                        kept = file.id == group.keeper
                        with ui.element("div").classes(f"sl-member {'sl-keeper' if kept else ''}"):
                            ui.html(
                                f'<a href="{shell.url(f"/photo/{file.id}")}"><img loading="lazy" '
                                f'src="{thumbnail(file.id)}" alt=""></a>',
                                sanitize=False,
                            )
                            ui.label(("Keeps: " if kept else "") + file.file_path).classes("sl-small").style(
                                "overflow-wrap: anywhere"
                            )
                ui.button("Archive the copies", on_click=partial(self._archive, spare(group))).props("flat")

    async def _archive(self, paths: list[str]) -> None:
        """After a look at every move: a dry run first."""
        try:
            plan = await self._api.duplicates.archive(paths, dry_run=True)
            if not await _agreed(plan):
                return
            done = await self._api.duplicates.archive(paths)
        except SluiceError as error:
            shell.reported(error)
            return
        ui.notify(f"{len(done.archived)} files moved; Restore below puts them back")
        await self.show()

    def _archives(self, archives: list[ArchiveItem]) -> None:
        if not archives:
            return
        with ui.element("section").classes("sl-card"):
            ui.html("<h2>Archived</h2>")
            for each in archives:
                with ui.element("div").classes("sl-row").style("padding: 4px 0"):
                    ui.label(words.moment(each.created_at))
                    ui.label(f"{words.count(each.moved)} files of {each.collection}").classes("sl-grow")
                    ui.label(each.state).classes("sl-soft")
                    if each.moved:
                        ui.button("Restore", on_click=partial(self._restore, each)).props("flat")

    async def _restore(self, archive: ArchiveItem) -> None:
        if not await confirmed(f"Put {archive.moved} files back where they were?", "Restore"):
            return
        try:
            await self._api.duplicates.restore(archive.archive_id)
            await self.show()
        except SluiceError as error:
            shell.reported(error)


def spare(group: ExactGroup) -> list[str]:
    """The files of a group that are not the one to keep."""
    return [file.file_path for file in group.files if file.id != group.keeper]


async def _agreed(plan: Archive) -> bool:
    with ui.dialog() as dialog, ui.card().style("max-width: 900px"):
        ui.label(f"{len(plan.archived)} files would move, {len(plan.skipped)} would stay.").style(
            "font-weight: 600"
        )
        with ui.element("div").style("max-height: 50vh; overflow: auto"):
            for each in plan.archived[:SHOWN]:
                ui.label(f"{each.path} -> {each.to}").classes("sl-small").style("overflow-wrap: anywhere")
            for kept in plan.skipped[:SHOWN]:
                ui.label(f"stays: {kept.path}: {kept.detail}").classes("sl-small sl-soft")
        with ui.row():
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat")
            ui.button("Move them", on_click=lambda: dialog.submit(True)).props("unelevated")
    return bool(await dialog)
