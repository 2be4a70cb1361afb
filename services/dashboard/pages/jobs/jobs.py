"""All jobs, the newest first, as they move."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.live.following import follow
from services.dashboard.pages.jobs.line import job_line
from sluice import AsyncClient
from sluice.models.jobs import JobRow

PAGE = 50


async def jobs() -> None:
    """The page."""
    async with shell.page("Jobs", "/jobs") as api:
        listed = _Listed(api)
        await listed.more()
        follow(listed.changed)


class _Listed:
    """The list, longer by a page each time; a line is made again when its job changes."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._cursor: str | None = None
        self._lines: dict[str, ui.element] = {}
        self._empty = ui.element("div")
        with parts.card() as self._card:
            self._rows = ui.element("div")
        self._button = parts.quiet("More jobs", self.clicked)

    async def clicked(self) -> None:
        """The next page; an error is shown as a message."""
        try:
            await self.more()
        except SluiceError as error:
            shell.reported(error)

    async def more(self) -> None:
        """The next page."""
        page = await self._api.jobs.page(limit=PAGE, cursor=self._cursor)
        self._cursor = page.next
        self._button.set_visibility(page.next is not None)
        for job in page.items:
            self._line(job)
        self._card.set_visibility(bool(self._lines))
        self._empty.set_visibility(not self._lines)
        if not self._lines:
            with self._empty:
                parts.empty("No jobs yet. Each folder or upload that is added becomes one.",
                            "Add photos", "/add", "checklist")  # fmt: skip

    async def changed(self, job: JobRow) -> None:
        """A job changed, or is new: then it stands first."""
        is_new = job.job_id not in self._lines
        self._line(job)
        if is_new:
            self._empty.set_visibility(False)
            self._card.set_visibility(True)
            self._lines[job.job_id].move(target_index=0)

    def _line(self, job: JobRow) -> None:
        if job.job_id not in self._lines:
            with self._rows:
                self._lines[job.job_id] = ui.element("div").classes("sl-line")
        line = self._lines[job.job_id]
        line.clear()
        with line:
            job_line(job)
