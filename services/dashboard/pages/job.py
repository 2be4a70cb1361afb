"""One job: how far it is, what failed and what to do about it, and its files page by page."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell, words
from sluice import AsyncClient
from sluice.models.jobs import JobRow, JobStatus

LOOK_SECONDS = 1.0
PAGE = 50
ACTIONS = {"running": ("pause", "cancel"), "paused": ("resume", "cancel")}


def job_line(job: JobRow) -> None:
    """A job in a list."""
    with ui.element("div").style("padding: 8px 0; border-bottom: 1px solid var(--line)"):
        with ui.element("div").classes("sl-row"):
            shell.state_dot(job.state)
            ui.link(source(job), f"/jobs/{job.job_id}").classes("sl-grow")
            ui.label(summary(job)).classes("sl-soft")
            ui.label(words.moment(job.created_at)).classes("sl-soft sl-small")
        if not job.is_over:
            shell.bar(job.progress)


def source(job: JobRow) -> str:
    """What the job is over."""
    return job.directory_path or (f"Retry of {job.retry_of}" if job.retry_of else job.job_id)


def summary(job: JobRow) -> str:
    """The job's counts in a line."""
    counts = job.counts
    parts = [f"{words.count(counts.stored)} stored"]
    parts += [f"{words.count(counts.failed)} failed"] if counts.failed else []
    parts += [f"{words.count(counts.skipped)} skipped"] if counts.skipped else []
    return ", ".join(parts)


async def job(job_id: str) -> None:
    """The page."""
    async with shell.page("Job", "/jobs") as api:
        body = ui.element("div").classes("sl-main").style("padding: 0")
        view = _JobView(api, job_id, body)
        await view.show()
        ui.timer(LOOK_SECONDS, view.refresh, immediate=False)
        await _Files(api, job_id).show()


class _JobView:
    """A job as it moves."""

    def __init__(self, api: AsyncClient, job_id: str, body: ui.element) -> None:
        self._api = api
        self._id = job_id
        self._body = body
        self._last: JobStatus | None = None

    async def refresh(self) -> None:
        """Look again, unless the job is over; a gateway that is away is looked for again next time."""
        if self._last is None or not self._last.is_over:
            try:
                await self.show()
            except SluiceError:
                return

    async def show(self) -> None:
        """Show the job as it stands."""
        found = await self._api.job(self._id).status()
        if found == self._last:
            return
        self._last = found
        self._body.clear()
        with self._body:
            self._head(found)
            _numbers(found)
            _errors(found)

    def _head(self, found: JobStatus) -> None:
        with ui.element("div").classes("sl-card"):
            with ui.element("div").classes("sl-row"):
                shell.state_dot(found.state)
                ui.label(source(found)).classes("sl-grow").style("font-weight: 600")
                for action in ACTIONS.get(found.state, ()):
                    ui.button(action.capitalize(), on_click=partial(self._act, action)).props("flat")
                if found.is_over and found.counts.failed:
                    ui.button("Retry failed files", on_click=self._retry).props("unelevated")
            if not found.is_over:
                shell.bar(found.progress)
            ui.label(found.message).classes("sl-soft")
            if found.waiting_reason:
                shell.notice(found.waiting_reason)
            elif found.bottleneck:
                ui.label(found.bottleneck).classes("sl-soft")

    async def _act(self, action: str) -> None:
        if action == "cancel" and not await confirmed(
            "Cancel this job? What is stored stays.", "Cancel the job"
        ):
            return
        try:
            await self._api.job(self._id).command(action)
        except SluiceError as error:
            shell.reported(error)
        else:
            await self.refresh()

    async def _retry(self) -> None:
        try:
            taken = await self._api.job(self._id).retry()
        except SluiceError as error:
            shell.reported(error)
        else:
            ui.navigate.to(f"/jobs/{taken.job_id}")


async def confirmed(question: str, action: str) -> bool:
    """Whether the person means it."""
    with ui.dialog() as dialog, ui.card():
        ui.label(question)
        with ui.row():
            ui.button("Keep it as it is", on_click=lambda: dialog.submit(False)).props("flat")
            ui.button(action, on_click=lambda: dialog.submit(True)).props("unelevated color=negative")
    return bool(await dialog)


def _numbers(found: JobStatus) -> None:
    counts = found.counts
    shown = {
        "listed": words.count(found.total_files), "stored": words.count(counts.stored),
        "from cache": words.count(counts.from_cache), "failed": words.count(counts.failed),
        "skipped": words.count(counts.skipped), "in flight": words.count(counts.in_flight),
        "files a second": f"{found.rate:.1f}",
    }  # fmt: skip
    if found.eta_seconds and not found.is_over:
        shown["left"] = words.duration(found.eta_seconds)
    with ui.element("section").classes("sl-stats").props('aria-label="Counts"'):
        for name, value in shown.items():
            with ui.element("div").classes("sl-card"):
                ui.label(value).classes("sl-number")
                ui.label(name).classes("sl-soft sl-small")


def _errors(found: JobStatus) -> None:
    if not found.error_counts:
        return
    with ui.element("section").classes("sl-card"):
        ui.html("<h2>What went wrong</h2>")
        for code, number in sorted(found.error_counts.items(), key=lambda each: -each[1]):
            with ui.element("div").classes("sl-row"):
                ui.label(words.count(number)).classes("sl-number")
                ui.label(code.replace("_", " ")).style("font-weight: 600")
                ui.label(words.way_out(code)).classes("sl-soft sl-grow")


class _Files:
    """The job's files, page by page."""

    def __init__(self, api: AsyncClient, job_id: str) -> None:
        self._api = api
        self._id = job_id
        self._outcome = "failed"
        self._cursor: str | None = None

    async def show(self) -> None:
        """The section with its first page."""
        with ui.element("section").classes("sl-card"):
            ui.html("<h2>Files</h2>")
            ui.toggle(["failed", "skipped", "stored"], value=self._outcome, on_change=self._chosen).props(
                'unelevated aria-label="Outcome"'
            )
            self._rows = ui.element("div")
            self._more = ui.button("More", on_click=self._next).props("flat")
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
                with ui.element("div").classes("sl-row").style("padding: 4px 0"):
                    ui.label(file.file).classes("sl-grow").style("overflow-wrap: anywhere")
                    ui.label(file.error or "").classes("sl-soft")
            if not page.items:
                ui.label(f"No {self._outcome} files.").classes("sl-soft")
