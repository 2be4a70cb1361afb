"""One job: how far it is, what failed and what to do about it, and its files page by page."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.live.following import follow
from services.dashboard.pages.jobs.files import Files, Outcome
from services.dashboard.pages.jobs.line import source
from services.dashboard.pages.libraries import sync_report
from sluice import AsyncClient
from sluice.models.jobs import JobRow, JobStatus

ACTIONS = {"running": ("pause", "cancel"), "paused": ("resume", "cancel")}


async def job(job_id: str, outcome: Outcome = "failed", code: str = "") -> None:
    """The page; its address says which files are listed."""
    async with shell.page("Job", "/jobs") as api:
        files = Files(api, job_id, outcome, code)
        view = _JobView(api, job_id, files.only)
        await view.show()
        follow(view.changed)
        await files.show()


class _JobView:
    """A job as it moves."""

    def __init__(
        self, api: AsyncClient, job_id: str, list_failures: Callable[[str], Awaitable[None]]
    ) -> None:
        self._api = api
        self._id = job_id
        self._list_failures = list_failures
        self._body = parts.stack()
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
            self._errors(found)

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

    def _errors(self, found: JobStatus) -> None:
        if not found.error_counts:
            return
        with parts.card("What went wrong"):
            for code, number in sorted(found.error_counts.items(), key=lambda each: -each[1]):
                with ui.element("div").classes("sl-line sl-row"):
                    ui.label(words.count(number)).classes("sl-number").style("min-width: 48px")
                    with ui.element("div").classes("sl-grow").style("min-width: min(100%, 260px)"):
                        ui.label(words.named(code)).classes("sl-strong")
                        parts.soft(words.way_out(code))
                    parts.quiet("List them", partial(self._list_failures, code))
                    if found.is_over and len(found.error_counts) > 1:
                        parts.quiet("Retry these", partial(self._retry, code))

    async def _retry(self, *codes: str) -> None:
        try:
            taken = await self._api.job(self._id).retry(codes)
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
