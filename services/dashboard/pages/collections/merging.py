"""Merging collections: which into which, and how far it is."""

from nicegui import ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell
from services.dashboard.progress import followed
from sluice import AsyncClient


async def merge_into(api: AsyncClient, name: str, others: list[str]) -> bool:
    """Whether collections that the person chose were added to this one."""
    with ui.dialog() as dialog, ui.card().classes("sl-dialog"):
        parts.heading(f"Merge into {name}")
        parts.soft("What is in them is added; they stay as they are, and nothing is removed anywhere.")
        chosen = ui.select(others, multiple=True, label="Collections").props("outlined dense use-chips")
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: dialog.submit([]))
            parts.strong("Merge", lambda: dialog.submit(chosen.value))
    sources = await dialog
    dialog.delete()
    if not sources:
        return False
    try:
        return await followed(f"Merging into {name}", await api.collections.merge(name, sources))
    except SluiceError as error:
        shell.reported(error)
        return False
