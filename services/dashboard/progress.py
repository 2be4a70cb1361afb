"""Waiting for a task of the gateway, with how far it is and a way to stop it."""

from nicegui import ui

from services.dashboard import parts, shell
from sluice.aio.tasks import AsyncTask
from sluice.models.duplicates import TaskStatus


async def followed(what: str, task: AsyncTask) -> bool:
    """Whether the task was completed, shown meanwhile where the caller stands.

    Raises SluiceError where the gateway no longer answers.
    """
    with parts.card() as place, parts.row():
        ui.label(what)
        with ui.element("div").classes("sl-grow") as holder:
            parts.bar(0.0)
        parts.quiet("Stop", task.cancel)

    def show(found: TaskStatus) -> None:
        holder.clear()
        with holder:
            parts.bar(found.progress)

    try:
        ended = await task.wait(progress=show)
    finally:
        place.delete()
    if ended.status == "failed":
        shell.notice(ended.error or f"{what} failed", bad=True)
    return ended.status == "completed"
