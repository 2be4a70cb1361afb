"""Every move of files before it is made."""

from nicegui import ui

from services.dashboard import parts, words
from sluice.models.duplicates import Archive, ArchivePlan

SHOWN = 200
"""Lines of a plan that are listed."""


async def agreed(plan: Archive | ArchivePlan) -> bool:
    """Whether the person agrees to the moves of a dry run."""
    moves = [(each.path, each.to) for each in (plan.archived if isinstance(plan, Archive) else plan.planned)]
    with ui.dialog() as dialog, ui.card().classes("sl-dialog").style("max-width: min(900px, 92vw)"):
        parts.heading(f"{words.plural(len(moves), 'file')} would move, {len(plan.skipped)} would stay.")
        with ui.element("div").classes("sl-scroll").props('tabindex=0 aria-label="Moves"'):
            for path, to in moves[:SHOWN]:
                ui.label(f"{path} -> {to}").classes("sl-small sl-path")
            for kept in plan.skipped[:SHOWN]:
                ui.label(f"stays: {kept.path}: {kept.detail}").classes("sl-small sl-soft sl-path")
            if len(moves) > SHOWN:
                parts.soft(f"and {words.count(len(moves) - SHOWN)} more").classes("sl-small")
        parts.soft("Nothing is deleted: files go into a folder next to them, and Restore puts them back.")
        with parts.row().style("justify-content: flex-end"):
            parts.quiet("Cancel", lambda: dialog.submit(False))
            if moves:
                parts.strong("Move them", lambda: dialog.submit(True))
    yes = bool(await dialog)
    dialog.delete()
    return yes
