"""One rule for all groups: keep what lies below a folder, move the rest, after a look at every move."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.plan import agreed
from sluice import AsyncClient


async def bulk_rule(api: AsyncClient, task_id: str) -> None:
    """Ask for the rule, show each move, and make them if the person agrees."""
    with ui.dialog() as dialog, ui.card().classes("sl-dialog"):
        parts.heading("One rule for all groups")
        folder = ui.input("Keep what lies below", placeholder="/photos/best").props("outlined dense")
        alike = ui.switch("Also move what only looks alike, not just equal content and pixels")
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: dialog.submit(None))
            parts.strong("Show every move", lambda: dialog.submit((folder.value or "").strip()))
    keep = await dialog
    dialog.delete()
    if not keep:
        return
    try:
        plan = await api.duplicates.archive_by_rule(task_id, keep, alike=alike.value, dry_run=True)
        if await agreed(plan):
            done = await api.duplicates.archive_by_rule(task_id, keep, alike=alike.value)
            ui.notify(f"{words.plural(len(done.planned), 'file')} are being moved")
            ui.navigate.to("/duplicates?view=archived")
    except SluiceError as error:
        shell.reported(error)
