"""The pipeline at a glance: stages with their state and lag, running jobs, and what waits."""

from collections.abc import Iterable
from html import escape
from time import monotonic

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.live.following import follow
from services.dashboard.live.stream import JobStream
from services.dashboard.pages.jobs.line import job_line
from services.dashboard.pages.throughput import throughput
from sluice import AsyncClient
from sluice.errors import Code
from sluice.models.jobs import JobRow
from sluice.models.system import Capabilities, DeadLetters, Instance

LOOK_SECONDS = 5.0
"""Between looks at the stages; jobs come by themselves."""
FLOW = {
    "gateway": "input", "scanner": "folder_open", "processor": "photo_size_select_large",
    "inferencer": "auto_awesome", "upserter": "save",
}  # fmt: skip
"""The stages in the order in which a photo passes them, each with its icon."""
LETTERS_SECONDS = 30.0
"""Between looks at the dead letters, which the gateway reads from their topic each time."""
RECENT = 6
SHOWN = 10
"""Dead letters."""


async def overview() -> None:
    """The page."""
    async with shell.page("Overview", "/", "overview") as api:
        body = parts.stack()
        view = _Overview(api, body)
        await view.show()
        view.chart(follow(view.changed))
        ui.timer(LOOK_SECONDS, view.refresh, immediate=False)


class _Overview:
    """What is shown, made again only where something has changed."""

    def __init__(self, api: AsyncClient, body: ui.element) -> None:
        self._api = api
        self._body = body
        self._last: object = None
        self._letters: DeadLetters | None = None
        self._letters_due = 0.0

    def chart(self, stream: JobStream) -> None:
        """Photos a second of the last minutes, from the stream of jobs."""
        self._stream = stream
        self._chart = ui.html("", sanitize=False)
        self._chart.set_content(throughput(stream.finished, monotonic()))

    async def changed(self, _: JobRow) -> None:
        """A job changed."""
        await self.show()
        self._chart.set_content(throughput(self._stream.finished, monotonic()))

    async def refresh(self) -> None:
        """Look at the stages again; while the gateway is away, the page keeps what it had."""
        try:
            await self.show()
        except SluiceError:
            return
        self._chart.set_content(throughput(self._stream.finished, monotonic()))

    async def show(self) -> None:
        """Show how things are now."""
        found = (await self._api.services(), (await self._api.jobs.page(limit=RECENT)).items)
        capabilities = await self._api.capabilities()
        if monotonic() >= self._letters_due:
            self._letters, self._letters_due = await _letters(self._api), monotonic() + LETTERS_SECONDS
        state = (*found, capabilities, self._letters)
        if state == self._last:
            return
        self._last = state
        self._body.clear()
        with self._body:
            services, jobs = found
            pipeline(services)
            for reason in waiting(services):
                shell.notice(reason)
            if capabilities.advice:
                shell.notice(capabilities.advice)
            if self._letters is not None and self._letters.total:
                _dead(self._letters)
            if jobs:
                _jobs(jobs)
            else:
                parts.empty("Nothing has been added yet. Point Sluice at a folder, or drop photos.",
                            "Add photos", "/add")  # fmt: skip
            _present(capabilities)


async def _letters(api: AsyncClient) -> DeadLetters | None:
    """None where the key may not see them."""
    try:
        return await api.dead_letters(SHOWN)
    except SluiceError as error:
        if error.code != Code.FORBIDDEN_BY_KEY:
            raise
        return None


def _dead(letters: DeadLetters) -> None:
    """What could not be handled, to be unfolded."""
    title = f"{words.plural(letters.total, 'record')} could not be handled"
    with parts.card(), ui.expansion(title, icon="report"):
        for each in letters.items:
            what = escape(f"{each.topic}, {each.code}: {each.error}")
            parts.soft_html(f"{parts.time_of(each.at)}: {what}").classes("sl-small sl-path")
        parts.soft("Once the cause is gone, `sluice dlq replay` sends them back.").classes("sl-small")


def pipeline(services: Iterable[Instance]) -> None:
    """One card a stage, in the order in which a photo passes them."""
    services = list(services)
    with ui.element("section").classes("sl-pipe").props('aria-label="Pipeline"'):
        for stage, icon in FLOW.items():
            _stage(stage, icon, [each for each in services if each.stage == stage])


def _stage(stage: str, icon: str, instances: list[Instance]) -> None:
    up = sum(each.state in ("ready", "waiting") for each in instances)
    lag = next((each.lag for each in instances if each.lag is not None), None)
    with ui.element("div").classes("sl-card sl-stage"):
        with parts.row():
            ui.html(shell.symbol(icon), sanitize=False)
            ui.label(stage).classes("sl-strong sl-grow")
        parts.state_dot(best_state(instances))
        waits = "nothing waits" if not lag else f"{words.count(lag)} waiting"
        replicas = f"{up} {'replica' if up == 1 else 'replicas'}"
        ui.label(replicas if stage == "gateway" else f"{waits}, {replicas}").classes("sl-soft sl-small")
        if rate := next((each.rate for each in instances if each.rate and each.rate >= 1), None):
            ui.label(f"{words.count(round(rate))} records a second").classes("sl-soft sl-small")


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
    with parts.card():
        with parts.row().style("margin-bottom: 12px"):
            with ui.element("h2").classes("sl-grow"):
                ui.label("Latest jobs")
            ui.link("All jobs", "/jobs")
        for job in jobs:
            with ui.element("div").classes("sl-line"):
                job_line(job)


def _present(found: Capabilities) -> None:
    parts.soft(
        f"Collection: {found.active_collection or 'none yet'}; model: {found.model or 'not known yet'}"
    ).classes("sl-small")
