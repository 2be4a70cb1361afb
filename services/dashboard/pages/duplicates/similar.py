"""Photos that look alike: how alike they must be, the search, and the review of what it found."""

from nicegui import ui

from libs.common.errors import Code, SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.duplicates.bulk import bulk_rule
from services.dashboard.pages.duplicates.example import Example
from services.dashboard.pages.duplicates.review import Review
from services.dashboard.progress import followed
from sluice import AsyncClient
from sluice.aio.duplicates import Likeness
from sluice.aio.tasks import AsyncTask
from sluice.models.duplicates import Report

LEAST = 0.7
UNKNOWN = 0.98
"""Where an older gateway does not say from which likeness photos are duplicates."""
MODES: dict[Likeness, str] = {
    "keeper": "Each is like the one that stays",
    "strict": "Each is like every other",
    "similar": "Connected by pairs (chains can join what has nothing in common)",
}


async def similar(api: AsyncClient, task_id: str, at: int) -> None:
    """The view: the question, or the groups of a search that was made."""
    if task_id:
        await _found(api, task_id, at)
    else:
        await _asked(api)


async def _asked(api: AsyncClient) -> None:
    begin = await _duplicates_from(api)
    with parts.card("How alike is a duplicate?"), parts.stack():
        with parts.row():
            slider = ui.slider(min=min(LEAST, begin), max=1.0, step=0.005, value=begin).classes("sl-grow")
            slider.props('aria-label="Least likeness"')
            ui.label().classes("sl-number").bind_text_from(slider, "value", lambda value: f"{value:.3f}")
        example = Example(api)
        await example.show(begin)
        slider.on_value_change(lambda event: example.mark(event.value))
        mode = ui.select(MODES, value="keeper", label="A group is").props("outlined dense")
        with parts.row():
            parts.strong("Find similar photos", lambda: _search(api, slider.value, mode.value))
            parts.quiet("Another example", example.another, "casino")


async def _duplicates_from(api: AsyncClient) -> float:
    """The likeness that the model of the active collection reports for duplicates."""
    active = await api.collections.active()
    if active is None:
        raise SluiceError(Code.NO_COLLECTION_SELECTED, "no collection is selected")
    return (await api.collections.model(active)).duplicates_from or UNKNOWN


async def _search(api: AsyncClient, threshold: float, mode: Likeness) -> None:
    try:
        task = await api.duplicates.find(threshold=threshold, mode=mode)
    except SluiceError as error:
        shell.reported(error)
    else:
        ui.navigate.to(f"/duplicates?view=similar&task={task.task_id}")


async def _found(api: AsyncClient, task_id: str, at: int) -> None:
    report = await api.duplicates.report(task_id, sort="space")
    if report.status == "running":
        await ui.context.client.connected()
        if not await followed("Comparing the photos", AsyncTask(api.http, task_id)):
            _again()
            return
        report = await api.duplicates.report(task_id, sort="space")
    if report.error:
        shell.notice(report.error, bad=True)
    if not report.results:
        with parts.card(), ui.element("div").classes("sl-empty"):
            ui.html(shell.symbol("done_all"), sanitize=False)
            parts.soft("No group is left to look at.")
            _again()
        return
    _head(api, task_id, report)
    await Review(api, task_id, report, at).show()


def _head(api: AsyncClient, task_id: str, report: Report) -> None:
    with parts.row():
        groups = report.totals.get("groups", len(report.results))
        space = sum(group.space for group in report.results)
        parts.soft(
            f"{words.plural(groups, 'group')} found; {words.size(space)} to be had in the "
            f"{words.plural(len(report.results), 'largest', 'largest')} of them"
        ).classes("sl-grow")
        parts.quiet("By a rule", lambda: bulk_rule(api, task_id), "rule_folder")
        _again()


def _again() -> None:
    ui.link("Search again", "/duplicates?view=similar")
