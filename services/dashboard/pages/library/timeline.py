"""The first photos of a timeline."""

import msgspec

from sluice.models.photos import Facets, Filters

MOST_MONTHS = 1000
FIRST = 60
"""Photos that are asked for before the page is laid out."""


def first_photos(filters: Filters, months: Facets) -> dict[str, object]:
    """The parameters of a list of the newest photos, which are those of the newest month, or of none."""
    newest = max((str(each.value) for each in months.facets["month"]), default=None)
    narrowed = {"month": newest} if newest else {"missing": [*filters.get("missing", []), "month"]}
    where = msgspec.json.encode({**filters, **narrowed}).decode()
    return {"offset": 0, "limit": FIRST, "thumbnails": "true", "filters": where}
