"""One job: how far it is, what failed and what to do about it, and its files page by page."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.live.following import follow
from services.dashboard.pages.jobs.line import source
from services.dashboard.pages.libraries import sync_report
from sluice import AsyncClient
from sluice.models.jobs import JobFile, JobRow, JobStatus

PAGE = 50
OUTCOMES = {
    "failed": "No file failed.",
    "skipped": "No file was skipped.",
    "stored": "No file is stored yet.",
    "ignored": "Nothing was passed over.",
}
"""Each outcome, and what stands where no file has it."""
ACTIONS = {"running": ("pause", "cancel"), "paused": ("resume", "cancel")}


async def job(job_id: str) -> None:
    """The page."""
    async with shell.page("Job", "/jobs") as api:
        body = parts.stack()
        view = _JobView(api, job_id, body)
        await view.show()
        follow(view.changed)
        await _Files(api, job_id).show()


class _JobView:
    """A job as it moves."""

    def __init__(self, api: AsyncClient, job_id: str, body: ui.element) -> None:
        self._api = api
        self._id = job_id
        self._body = body
        self._last: JobStatus | None = None

    async def changed(self, job: JobRow) -> None:
        """Look again if it is this job that changed."""
        if job.job_id == self._id:
            await self.show()

    async def show(self) -> None:
        """Show the job as it stands."""
        found = await self._api.job(self._id).status()
        if found == self._last:
            return
        self._last = found
        self._body.clear()
        with self._body:
            self._head(found)
            _errors(found)

    def _head(self, found: JobStatus) -> None:
        with parts.card(), parts.stack():
            with parts.row():
                ui.label(source(found)).classes("sl-grow sl-strong sl-path")
                parts.state_dot(found.state)
                for action in ACTIONS.get(found.state, ()):
                    parts.quiet(action.capitalize(), partial(self._act, action))
                if found.is_over and found.counts.failed:
                    parts.strong("Retry failed files", self._retry)
            if not found.is_over:
                parts.bar(found.progress)
            parts.soft(found.message)
            if found.waiting_reason:
                shell.notice(found.waiting_reason)
            elif found.bottleneck and not found.is_over:
                parts.soft(found.bottleneck)
            _numbers(found)
            if found.sync is not None:
                sync_report.numbers(found.sync)
            sync_report.asked(self._api, found)
            sync_report.put_back(self._api, found)

    async def _act(self, action: str) -> None:
        if action == "cancel" and not await parts.confirmed(
            "Cancel this job? What is stored stays.", "Cancel the job"
        ):
            return
        try:
            await self._api.job(self._id).command(action)
            await self.show()
        except SluiceError as error:
            shell.reported(error)

    async def _retry(self) -> None:
        try:
            taken = await self._api.job(self._id).retry()
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{taken.job_id}")


def _numbers(found: JobStatus) -> None:
    counts = found.counts
    shown = {
        "listed": words.count(found.total_files), "stored": words.count(counts.stored),
        "from cache": words.count(counts.from_cache), "failed": words.count(counts.failed),
        "skipped": words.count(counts.skipped),
    }  # fmt: skip
    if not found.is_over:
        shown |= {"in flight": words.count(counts.in_flight), "files a second": f"{found.rate:.1f}"}
        shown |= {"left": words.duration(found.eta_seconds)} if found.eta_seconds else {}
    with ui.element("div").classes("sl-stats").props('role="group" aria-label="Counts"'):
        for name, value in shown.items():
            parts.number(value, name)


def _errors(found: JobStatus) -> None:
    if not found.error_counts:
        return
    with parts.card("What went wrong"):
        for code, number in sorted(found.error_counts.items(), key=lambda each: -each[1]):
            with ui.element("div").classes("sl-line sl-row"):
                ui.label(words.count(number)).classes("sl-number").style("min-width: 48px")
                with ui.element("div").classes("sl-grow"):
                    ui.label(words.named(code)).classes("sl-strong")
                    parts.soft(words.way_out(code))


class _Files:
    """The job's files, page by page."""

    def __init__(self, api: AsyncClient, job_id: str) -> None:
        self._api = api
        self._id = job_id
        self._outcome = "failed"
        self._cursor: str | None = None

    async def show(self) -> None:
        """The section with its first page."""
        with parts.card(), parts.stack():
            with parts.row():
                with ui.element("h2").classes("sl-grow"):
                    ui.label("Files")
                ui.toggle(list(OUTCOMES), value=self._outcome, on_change=self._chosen).props(
                    'flat no-caps color=soft toggle-color=primary aria-label="Outcome"'
                )
            self._rows = ui.element("div").props('aria-live="polite"')
            self._more = parts.quiet("More files", self._next)
        await self._next()

    async def _chosen(self, event: object) -> None:
        self._outcome, self._cursor = str(getattr(event, "value", "failed")), None
        self._rows.clear()
        await self._next()

    async def _next(self) -> None:
        try:
            job = self._api.job(self._id)
            page = await job.file_page(outcome=self._outcome, cursor=self._cursor, limit=PAGE)
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
