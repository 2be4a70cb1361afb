"""The pipeline at a glance: stages with their state and lag, running jobs, and what waits."""

from collections.abc import Iterable

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import shell, words
from services.dashboard.pages.job import job_line
from sluice import AsyncClient
from sluice.models.jobs import JobRow
from sluice.models.system import Instance

LOOK_SECONDS = 2.0
FLOW = ("gateway", "scanner", "processor", "inferencer", "upserter")
RECENT = 8


async def overview() -> None:
    """The page."""
    async with shell.page("Overview", "/") as api:
        body = ui.element("div").classes("sl-main").style("padding: 0")
        view = _Overview(api, body)
        await view.show()
        ui.timer(LOOK_SECONDS, view.refresh, immediate=False)


class _Overview:
    """What is shown, made again only where something has changed."""

    def __init__(self, api: AsyncClient, body: ui.element) -> None:
        self._api = api
        self._body = body
        self._last: object = None

    async def refresh(self) -> None:
        """Look again; while the gateway is away, the page says so and keeps what it had."""
        try:
            await self.show()
        except SluiceError as error:
            if self._last != error.detail:
                self._last = error.detail
                with self._body:
                    shell.notice(shell.sentence(error), bad=True)

    async def show(self) -> None:
        """Show how things are now."""
        found = (await self._api.services(), (await self._api.jobs.page(limit=RECENT)).items)
        capabilities = await self._api.capabilities()
        state = (*found, capabilities)
        if state == self._last:
            return
        self._last = state
        self._body.clear()
        with self._body:
            services, jobs = found
            pipeline(services)
            for reason in waiting(services):
                shell.notice(reason)
            if not jobs:
                shell.empty("No photos yet.", "Add photos", "/add")
            else:
                _jobs(jobs)
            ui.label(
                f"Collection: {capabilities.active_collection or 'none yet'}; "
                f"model: {capabilities.model or 'not known yet'}"
            ).classes("sl-soft sl-small")


def pipeline(services: Iterable[Instance]) -> None:
    """One card a stage, in the order in which a photo passes them."""
    services = list(services)
    with ui.element("section").classes("sl-pipe").props('aria-label="Pipeline"'):
        for stage in FLOW:
            instances = [each for each in services if each.stage == stage]
            with ui.element("div").classes("sl-card sl-stage"):
                ui.label(stage).style("font-weight: 600")
                shell.state_dot(best_state(instances))
                up = sum(each.state in ("ready", "waiting") for each in instances)
                lag = next((each.lag for each in instances if each.lag is not None), None)
                ui.label("" if lag is None else f"{words.count(lag)} waiting").classes("sl-number")
                ui.label(f"{up} {'replica' if up == 1 else 'replicas'}").classes("sl-soft sl-small")


def best_state(instances: Iterable[Instance]) -> str:
    """A stage works while one of its instances does."""
    order = ("ready", "waiting", "starting", "stopped", "gone")
    states = {each.state for each in instances}
    return next((state for state in order if state in states), "gone")


def waiting(services: Iterable[Instance]) -> list[str]:
    """Why stages wait, each reason once."""
    reasons = (f"{each.stage}: {each.reason}" for each in services if each.state == "waiting" and each.reason)
    return list(dict.fromkeys(reasons))


def _jobs(jobs: list[JobRow]) -> None:
    with ui.element("section").classes("sl-card"):
        ui.html("<h2>Latest jobs</h2>")
        for job in jobs:
            job_line(job)
