"""The timeline: months of photos that a script lays out and fills as they come into view."""

from html import escape
from urllib.parse import quote, urlencode

import msgspec
from nicegui import ui

from services.dashboard import shell
from sluice import wire
from sluice.models.photos import Facets, Filters

MOST_MONTHS = 1000
FIRST = 60
"""Photos that the browser fetches while it still reads the page."""


def timeline(collection: str, filters: Filters, found: Facets) -> None:
    """All photos of a collection that fulfil the filters, the newest first; `found` counts each month's."""
    shell.script("gallery/gallery.js")
    base = shell.url(f"/data/collections/{quote(collection, safe='')}")
    months = Facets({"month": found.facets.get("month", [])}, found.total)
    first = f"{base}/images?{urlencode(_first(filters, months))}"
    ui.add_head_html(f'<link rel="preload" as="fetch" crossorigin href="{escape(first, quote=True)}">')
    given = {
        "base": base, "photo": shell.url("/photo/"), "filters": wire.as_query(filters) or "{}",
        "months": msgspec.json.encode(months).decode(), "first": first, "count": str(FIRST),
    }  # fmt: skip
    data = " ".join(f'data-{name}="{escape(value, quote=True)}"' for name, value in given.items())
    ui.html(f'<sl-gallery aria-busy="true" {data}></sl-gallery>', sanitize=False)


def _first(filters: Filters, months: Facets) -> dict[str, object]:
    """The newest photos, which are those of the newest month, or of none."""
    newest = max((str(each.value) for each in months.facets["month"]), default=None)
    narrowed = {"month": newest} if newest else {"missing": [*filters.get("missing", []), "month"]}
    where = msgspec.json.encode({**filters, **narrowed}).decode()
    return {"offset": 0, "limit": FIRST, "thumbnails": "true", "filters": where}
