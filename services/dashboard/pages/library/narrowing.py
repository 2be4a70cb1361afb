"""What the photos of the library can be narrowed by, with counts, and what they are narrowed by."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nicegui import events, ui

from libs.common.errors import SluiceError
from services.dashboard import parts, shell, words
from services.dashboard.pages.library.filters import NAMES, TAKEN, address, chosen, month, shown, year
from services.dashboard.pages.library.timeline import MOST_MONTHS
from sluice import AsyncClient
from sluice.models.photos import Facet, Facets, Filters

FACETS = ("month", "place", "camera", "people", "rating", "format", "kind", "folders")
VALUES = 12


class Choice(NamedTuple):
    """A value to narrow by: what it is called, how many photos have it, and the filters with it."""

    name: str
    photos: int
    filters: Filters


class Narrowing:
    """The row of filters, which follows the view that the page shows."""

    def __init__(self, api: AsyncClient, collection: str) -> None:
        self._api = api
        self._collection = collection
        self._row = ui.element("nav").classes("sl-row sl-filters").props('aria-label="Filters"')
        self._filters: Filters = {}
        self._found = Facets({}, 0)

    async def count(self, filters: Filters) -> Facets:
        """Count what these filters leave."""
        self._filters = filters
        self._found = await self._api.photos.facets(
            self._collection, FACETS, filters=filters, limit=MOST_MONTHS
        )
        return self._found

    async def follow(self, event: events.GenericEventArguments) -> None:
        """The page shows another view now."""
        view = event.args
        try:
            if (filters := chosen(view["f"])) != self._filters:
                await self.count(filters)
        except SluiceError as error:
            shell.reported(error)
            return
        self.show(view["q"], view["like"])

    def show(self, query: str, like: str) -> None:
        """The filters, as links to views of what is looked for."""
        self._row.clear()
        with self._row:
            parts.soft(words.plural(self._found.total, "photo"))
            for field, value in self._filters.items():
                rest = {name: each for name, each in self._filters.items() if name != field}
                link = ui.link(shown(field, value), address(query, rest, like)).classes(
                    "sl-chip on sl-remove"
                )
                link.props["aria-label"] = f"Remove the filter {shown(field, value)}"
            for name, choices in menus(self._found, self._filters):
                _menu(name, [(each, address(query, each.filters, like)) for each in choices])


def menus(found: Facets, filters: Filters) -> Iterable[tuple[str, Sequence[Choice]]]:
    """The menus that have something to choose from, with their names."""
    if dates := _dates(found.facets.get("month", []), filters):
        yield NAMES[TAKEN], dates
    for field in FACETS[1:-1]:
        values = found.facets.get(field, []) if field not in filters else []
        if len(values) > 1:
            yield NAMES[field], [_choice(field, each, filters) for each in values[:VALUES]]
    if folders := [each for each in found.facets.get("folders", []) if each.count < found.total]:
        yield NAMES["below"], [_choice("below", each, filters) for each in folders[:VALUES]]


def _choice(field: str, each: Facet, filters: Filters) -> Choice:
    return Choice(str(each.value), each.count, {**filters, field: each.value})


def _dates(months: Sequence[Facet], filters: Filters) -> list[Choice]:
    """The years, the newest first; of one year its months."""
    if "month" in filters or len(months) < 2:
        return []
    years: Counter[str] = Counter()
    for each in months:
        years[str(each.value)[:4]] += each.count
    if len(years) > 1:
        return [
            Choice(name, years[name], {**filters, TAKEN: year(name)}) for name in sorted(years, reverse=True)
        ]
    rest = {name: each for name, each in filters.items() if name != TAKEN}
    newest = sorted(months, key=lambda each: str(each.value), reverse=True)
    return [Choice(month(str(each.value)), each.count, {**rest, "month": each.value}) for each in newest]


def _menu(name: str, choices: Iterable[tuple[Choice, str]]) -> None:
    with parts.quiet(name, lambda: None).props("dense icon-right=expand_more"), ui.menu().classes("sl-menu"):
        for each, target in choices:
            item = ui.menu_item()
            item.props["href"] = shell.url(target)
            with item, parts.row().classes("sl-choice"):
                ui.label(each.name).classes("sl-grow sl-path")
                parts.soft(words.count(each.photos)).classes("sl-small")
