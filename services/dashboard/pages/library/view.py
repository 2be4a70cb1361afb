"""What the library shows, by a script that shows its other views without another page."""

from html import escape
from urllib.parse import quote, urlencode

import msgspec
from nicegui import ui

from services.dashboard import shell
from services.dashboard.pages.library.timeline import FIRST, first_photos
from sluice import wire
from sluice.models.photos import Facets, Filters


class View(msgspec.Struct, frozen=True):
    """A view of a collection: all photos that fulfil the filters, or those that a search finds among them."""

    collection: str
    query: str
    like: str
    filters: Filters


def view(wanted: View, found: Facets) -> None:
    """The photos, the first of which the browser fetches while it reads the page; `found` counts months."""
    shell.script("gallery/library.js")
    base = shell.url(f"/data/collections/{quote(wanted.collection, safe='')}")
    filters = wire.as_query(wanted.filters)
    sought = wire.given({"q": wanted.query or None, "like": wanted.like or None})
    months = Facets({"month": found.facets.get("month", [])}, found.total)
    if sought:
        first = f"{base}/found?{urlencode(sought | wire.given({'f': filters}))}"
    else:
        first = f"{base}/images?{urlencode(first_photos(wanted.filters, months))}"
    ui.add_head_html(f'<link rel="preload" as="fetch" crossorigin href="{escape(first, quote=True)}">')
    given = {
        "base": base, "photo": shell.url("/photo/"), "filters": filters or "{}",
        "months": msgspec.json.encode(months).decode(), "first": "" if sought else first, "count": str(FIRST),
    }  # fmt: skip
    data = " ".join(f'data-{name}="{escape(value, quote=True)}"' for name, value in given.items())
    ui.html(f'<sl-library aria-busy="true" {data}>{_none()}</sl-library>', sanitize=False)


def _none() -> str:
    """What stands in a timeline of no photos."""
    return (
        f'<template><div class="sl-card sl-empty">{shell.symbol("photo_library")}'
        "<p>There is no photo here.</p>"
        f'<a class="sl-button" href="{shell.url("/library")}">Show all photos</a></div></template>'
    )
