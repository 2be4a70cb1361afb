"""What a sync found, and what of it waits for a person."""

from functools import partial

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.libraries.gone_files import agreed
from sluice import AsyncClient
from sluice.models.jobs import JobRow, SyncFound


def numbers(found: SyncFound) -> None:
    """How a folder differed from what is known of it."""
    shown = {
        "added": found.added, "changed": found.changed, "moved": found.moved, "removed": found.removed,
        "unchanged": found.unchanged,
    }  # fmt: skip
    with ui.element("div").classes("sl-stats").props('role="group" aria-label="Differences"'):
        for name, value in shown.items():
            parts.number(words.count(value), name)


async def pending(api: AsyncClient, job_id: str) -> None:
    """What a job would remove, if it waits for a person's word."""
    try:
        found = await api.job(job_id).status()
    except SluiceError:
        return
    asked(api, found)


def asked(api: AsyncClient, found: JobRow) -> None:
    """The question whether photos of gone files may leave the index, where it is open."""
    if not found.prune_pending or found.sync is None:
        return
    with ui.element("div").classes("sl-notice sl-row").props('role="status"'):
        gone = words.plural(found.sync.pending, "photo")
        ui.label(
            f"The files of {gone} are gone. They are still in the index: {found.sync.reason or 'it waits'}."
        ).classes("sl-grow")
        parts.danger("Remove them from the index", partial(_prune, api, found))


async def _prune(api: AsyncClient, found: JobRow) -> None:
    if not await agreed(api, found):
        return
    try:
        job = await api.job(found.job_id).prune()
    except SluiceError as error:
        shell.reported(error)
    else:
        ui.navigate.to(f"/jobs/{job.job_id}")


def put_back(api: AsyncClient, found: JobRow) -> None:
    """A way back for what a job removed."""
    if found.is_over and found.sync is not None and found.sync.removed:
        parts.quiet("Put back what was removed", partial(_undo, api, found.job_id), "undo")


async def _undo(api: AsyncClient, job_id: str) -> None:
    try:
        points = await api.job(job_id).undo_prune()
    except SluiceError as error:
        shell.reported(error)
    else:
        ui.notify(f"{words.plural(points, 'photo')} put back")
