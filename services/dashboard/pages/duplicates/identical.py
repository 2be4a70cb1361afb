"""Files of the same content: which one stays, and moving the others."""

from functools import partial
from html import escape

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.photos import thumbnail
from services.dashboard.plan import agreed
from sluice import AsyncClient
from sluice.models.duplicates import Copy, ExactGroup, ExactPage


async def identical(api: AsyncClient) -> None:
    """The view."""
    view = _Identical(api, parts.stack())
    await view.show()


class _Identical:
    """Groups of files of the same content, made again after each change."""

    def __init__(self, api: AsyncClient, body: ui.element) -> None:
        self._api = api
        self._body = body

    async def show(self) -> None:
        """What is there now."""
        page = await self._api.duplicates.exact_page()
        self._body.clear()
        with self._body:
            if page.groups:
                self._groups(page)
            else:
                with parts.card(), ui.element("div").classes("sl-empty"):
                    ui.html(shell.symbol("filter_none"), sanitize=False)
                    parts.soft("No photo of this collection is stored twice.")
                    ui.link("Look for similar ones", "/duplicates?view=similar")

    def _groups(self, page: ExactPage) -> None:
        copies = [each for group in page.groups for each in spare(group)]
        with parts.row():
            groups = words.plural(len(page.groups), "group")
            parts.soft(f"{groups}{' or more' if page.next else ''} of identical files").classes("sl-grow")
            what = words.plural(len(copies), "copy", "copies")
            parts.strong(f"Archive {what}", partial(self._archive, copies))
        self._listed(page)

    def _listed(self, page: ExactPage) -> None:
        for group in page.groups:
            self._group(group)
        if page.next:
            button = parts.quiet("More groups", lambda: self._more(button, page.next))

    async def _more(self, button: ui.button, cursor: str | None) -> None:
        try:
            page = await self._api.duplicates.exact_page(cursor=cursor)
        except SluiceError as error:
            shell.reported(error)
            return
        button.delete()
        with self._body:
            self._listed(page)

    def _group(self, group: ExactGroup) -> None:
        with parts.card(), parts.stack():
            with parts.row():
                parts.soft(f"Stays: {group.reason}").classes("sl-grow sl-small")
                parts.quiet("Not duplicates", partial(self._keep, group))
                parts.quiet("Archive the copies", partial(self._archive, spare(group)))
            with ui.element("div").classes("sl-members"):
                for file in sorted(group.files, key=lambda file: file.id != group.keeper):
                    ui.html(_member(file, is_kept=file.id == group.keeper), sanitize=False)

    async def _archive(self, paths: list[str]) -> None:
        """After a look at every move: a dry run first."""
        try:
            if not await agreed(await self._api.duplicates.archive(paths, dry_run=True)):
                return
            done = await self._api.duplicates.archive(paths)
            await self.show()
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.notify(f"{words.plural(len(done.archived), 'file')} moved; Archived has the way back")

    async def _keep(self, group: ExactGroup) -> None:
        try:
            await self._api.duplicates.decide([group.hash])
            await self.show()
        except SluiceError as error:
            shell.reported(error)


def spare(group: ExactGroup) -> list[str]:
    """The files of a group that are not the one to keep."""
    return [file.file_path for file in group.files if file.id != group.keeper]


def _member(file: Copy, *, is_kept: bool) -> str:
    label = '<b class="sl-chip on">stays</b>' if is_kept else '<b class="sl-chip">copy</b>'
    return (
        f'<a class="sl-member {"sl-keeper" if is_kept else ""}" href="{shell.url(f"/photo/{file.id}")}">'
        f'<img loading="lazy" src="{thumbnail(file.id)}" alt="">{label}'
        f'<span class="sl-small sl-path">{escape(file.file_path)}</span></a>'
    )
