"""All jobs, the newest first."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell
from services.dashboard.pages.job import job_line
from sluice import AsyncClient

PAGE = 50


async def jobs() -> None:
    """The page."""
    async with shell.page("Jobs", "/jobs") as api:
        with ui.element("section").classes("sl-card"):
            listed = _Listed(api)
            await listed.more()


class _Listed:
    """The list, longer by a page each time."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._cursor: str | None = None
        self._rows = ui.element("div")
        self._button = ui.button("More", on_click=self.clicked).props("flat")

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
        with self._rows:
            for job in page.items:
                job_line(job)
            if not page.items:
                shell.empty("No jobs yet.", "Add photos", "/add")
