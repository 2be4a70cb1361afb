"""The timeline: months of photos that a script lays out and fills as they come into view."""

from html import escape
from urllib.parse import quote

from nicegui import ui

from services.dashboard import shell
from sluice import wire
from sluice.models.photos import Filters


def timeline(collection: str, filters: Filters) -> None:
    """All photos of a collection that fulfil the filters, the newest first."""
    shell.script("gallery/gallery.js")
    base = shell.url(f"/data/collections/{quote(collection, safe='')}")
    ui.html(
        f'<sl-gallery aria-busy="true" data-base="{escape(base, quote=True)}" '
        f'data-photo="{shell.url("/photo/")}" '
        f'data-filters="{escape(wire.as_query(filters) or "{}", quote=True)}"></sl-gallery>',
        sanitize=False,
    )
