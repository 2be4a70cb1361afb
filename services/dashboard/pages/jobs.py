"""All jobs, the newest first."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.pages.job_line import job_line
from sluice import AsyncClient

PAGE = 50


async def jobs() -> None:
    """The page."""
    async with shell.page("Jobs", "/jobs") as api:
        listed = _Listed(api)
        await listed.more()


class _Listed:
    """The list, longer by a page each time."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._cursor: str | None = None
        self._place = ui.element("div")
        with self._place, parts.card():
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
        self._cursor, first = page.next, self._cursor is None
        self._button.set_visibility(page.next is not None)
        if first and not page.items:
            self._place.clear()
            with self._place:
                parts.empty("No jobs yet. Each folder or upload that is added becomes one.",
                            "Add photos", "/add", "checklist")  # fmt: skip
        with self._rows:
            for job in page.items:
                job_line(job)
