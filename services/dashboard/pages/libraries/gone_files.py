"""The files of gone photos, page by page, before their points are removed."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from sluice import AsyncClient
from sluice.models.jobs import JobRow

PAGE = 100


async def agreed(api: AsyncClient, found: JobRow) -> bool:
    """Whether the person has the gone files of a job removed from the index."""
    gone = words.plural(found.sync.pending if found.sync else 0, "photo")
    with parts.over_page() as dialog, ui.card().classes("sl-dialog").style("max-width: min(900px, 92vw)"):
        parts.heading(f"Remove {gone} from {found.collection or 'the index'}?")
        files = _GoneFiles(api, found.job_id)
        parts.soft(
            "The folder is compared once more, and what has come back stays. Removed photos can be put back "
            "for 30 days."
        )
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Keep them", lambda: dialog.submit(False))
            parts.danger("Remove them", lambda: dialog.submit(True))
        # Next to the dialog, which may be closed before they are there.
        ui.timer(0, files.more, once=True)
    yes = bool(await dialog)
    dialog.delete()
    return yes


class _GoneFiles:
    """Where the gone files were, and more of them as long as there are any."""

    def __init__(self, api: AsyncClient, job_id: str) -> None:
        self._job = api.job(job_id)
        self._next: str | None = None
        self._list = ui.element("div").classes("sl-scroll").props('tabindex=0 aria-label="Gone files"')
        self._reading = parts.soft("Looking which files are gone ...").classes("sl-small")
        self._more = parts.quiet("Show more", self.more)

    async def more(self) -> None:
        """Show the next page."""
        self._more.set_visibility(False)
        self._reading.set_visibility(True)
        try:
            found = await self._page()
        except SluiceError as error:
            with self._list:
                shell.notice(shell.sentence(error), bad=True)
            return
        finally:
            self._reading.set_visibility(False)
        with self._list:
            for file in found:
                ui.label(file).classes("sl-small sl-path")
        self._more.set_visibility(self._next is not None)

    async def _page(self) -> list[str]:
        """At least one file, where any is left."""
        while True:
            page = await self._job.gone_page(cursor=self._next, limit=PAGE)
            self._next = page.next
            if page.items or page.next is None:
                return sorted(each.file for each in page.items)
