"""A job's files, page by page: those of an outcome, failures of one code too."""

from typing import Literal
from urllib.parse import urlencode

import msgspec
from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from sluice import AsyncClient, wire
from sluice.models.jobs import JobFile

PAGE = 50
Outcome = Literal["failed", "skipped", "stored", "ignored"]
OUTCOMES: dict[Outcome, str] = {
    "failed": "No file failed.",
    "skipped": "No file was skipped.",
    "stored": "No file is stored yet.",
    "ignored": "Nothing was passed over.",
}
"""Each outcome, and what stands where no file has it."""


class Files:
    """The list; the page's address says what it holds."""

    def __init__(self, api: AsyncClient, job_id: str, outcome: Outcome, code: str) -> None:
        self._api = api
        self._id = job_id
        self._outcome = outcome
        self._code = code
        self._cursor: str | None = None

    async def show(self) -> None:
        """The section with its first page."""
        with parts.card(), parts.stack():
            with parts.row():
                self._heading = parts.heading("Files").classes("sl-grow").props("tabindex=-1")
                self._filter = ui.element("div")
                self._toggle = ui.toggle(list(OUTCOMES), value=self._outcome, on_change=self._chosen).props(
                    'flat no-caps color=soft toggle-color=primary aria-label="Outcome"'
                )
            self._rows = ui.element("div").props('aria-live="polite"')
            self._more = parts.quiet("More files", self._next)
        await self._again()

    async def only(self, code: str) -> None:
        """List the failures of one code."""
        self._outcome, self._code = "failed", code
        self._toggle.value = "failed"
        await self._listed()
        ui.run_javascript(f"getHtmlElement({self._heading.id}).scrollIntoView({{behavior: 'smooth'}})")

    async def _chosen(self, event: events.ValueChangeEventArguments[Outcome]) -> None:
        if event.value != self._outcome:
            self._outcome, self._code = event.value, ""
            await self._listed()

    async def _listed(self) -> None:
        given = wire.given({"outcome": self._outcome, "code": self._code or None})
        address = msgspec.json.encode(f"{shell.url(f'/jobs/{self._id}')}?{urlencode(given)}").decode()
        ui.run_javascript(f"history.replaceState(history.state, '', {address})")
        await self._again()

    async def _again(self) -> None:
        self._cursor = None
        self._rows.clear()
        self._filter.clear()
        if self._code:
            with self._filter:
                chip = ui.button(words.named(self._code), on_click=self._all, color=None)
                chip.props('flat no-caps dense aria-label="List all failures"').classes(
                    "sl-chip on sl-remove"
                )
        await self._next()

    async def _all(self) -> None:
        self._code = ""
        await self._listed()

    async def _next(self) -> None:
        try:
            job = self._api.job(self._id)
            page = await job.file_page(
                outcome=self._outcome, code=self._code or None, cursor=self._cursor, limit=PAGE
            )
        except SluiceError as error:
            shell.reported(error)
            return
        self._cursor = page.next
        self._more.set_visibility(page.next is not None)
        with self._rows:
            for file in page.items:
                _file(file)
            if not page.items:
                parts.soft(OUTCOMES[self._outcome])


def _file(file: JobFile) -> None:
    reason = file.rule or file.error or (file.alias_of and f"the same file as {file.alias_of}") or file.source
    with ui.element("div").classes("sl-line sl-row"):
        if file.outcome == "stored":
            ui.link(file.file, f"/photo/{file.id}").classes("sl-grow sl-path")
        else:
            ui.label(file.file).classes("sl-grow sl-path")
        parts.soft(words.named(reason or "")).classes("sl-small").style("max-width: 60ch")
