"""A collection as a list in an order, and what its fields have how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.errors import Code, SluiceError
from libs.common.points.fields import FIELDS
from libs.common.points.projections import SEARCH
from libs.common.store.protocol import (
    Cursor,
    FacetCount,
    Filter,
    Order,
    PayloadFields,
    Record,
    Sorted,
    Store,
)
from services.gateway.api.caller import check_collection
from services.gateway.search import cursors
from services.gateway.search.requested import Page

BY_ID = ""
"""The order of a list without any: by id."""
_SORTS = sorted(name for name, field in FIELDS.items() if "sort" in field.serves)
_FACETS = sorted(name for name, field in FIELDS.items() if "facet" in field.serves)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of points, and the cursor of the next one; None at the end."""

    items: list[Record]
    next: str | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Lists collections; calls may raise collection_not_found, or forbidden_by_key."""

    store: Store

    async def page(self, name: str, sort: str, wanted: Page, shown: PayloadFields = SEARCH) -> Listed:
        """Points in the order of a field, `-field` the largest first; those without it come last.

        Of each what `shown` names.

        Pages together give every point once, also while others are being stored. Raises SluiceError
        invalid_request for a field that has no order, and lists those that have.
        """
        check_collection(name)
        after = cursors.of_order(wanted.cursor, sort)
        if sort == BY_ID:
            return await self._by_id(name, wanted, after.id if after else None, shown)
        order = Sorted(name, order_of(sort), wanted.where, shown)
        skipped = 0 if after else wanted.offset
        found, following = await self.store.page(order, wanted.limit, after, skipped)
        return Listed(found, _next(sort, following))

    async def facets(
        self, name: str, fields: Sequence[str], where: Filter | None, limit: int
    ) -> dict[str, list[FacetCount]]:
        """The most frequent values of each field; SluiceError invalid_request lists the fields there are."""
        check_collection(name)
        if unknown := [field for field in fields if field not in _FACETS]:
            raise SluiceError(
                Code.INVALID_REQUEST, f"fields: {unknown[0]!a} is not counted; there are {', '.join(_FACETS)}"
            )
        return {field: await self.store.facet(name, field, limit=limit, where=where) for field in fields}

    async def _by_id(self, name: str, wanted: Page, after: str | None, shown: PayloadFields) -> Listed:
        if after is None and wanted.offset:
            _, after = await self.store.scroll(name, limit=wanted.offset, where=wanted.where, payload="none")
            if after is None:
                return Listed([], None)
        found, following = await self.store.scroll(
            name, limit=wanted.limit, after=after, where=wanted.where, payload=shown
        )
        cursor = cursors.encoded(cursors.InOrder(BY_ID, None, following)) if following else None
        return Listed(found, cursor)


def order_of(sort: str) -> Order:
    """The order that `field` or `-field` means; SluiceError invalid_request where there is none."""
    field = sort.removeprefix("-")
    if field not in _SORTS:
        raise SluiceError(
            Code.INVALID_REQUEST, f"sort: there is no order by {field!a}; there are {', '.join(_SORTS)}"
        )
    return Order(field, descending=sort.startswith("-"))


def _next(sort: str, cursor: Cursor | None) -> str | None:
    return cursors.encoded(cursors.InOrder.of(sort, cursor)) if cursor else None
