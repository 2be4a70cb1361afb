"""Pages of a collection in the order of a field, each point once, whatever is stored meanwhile.

Points of equal values stand in the order of their ids, those without a value at the end. A cursor names the
last point by its value and its id, so a page needs no memory of those before and page 1,000 costs what
page 1 does. A store promises no order among equal values: what is cut off at the end of a page is read
again by id. Payloads are read of what is shown alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from libs.common.store.protocol import Cursor, Dates, Filter, Order, Range, Reads, Record, Sorted

Value = float | str | None
"""The value that a page ended with: a number, an instant, or None where the points have none."""


async def sorted_page(
    store: Reads, wanted: Sorted, limit: int, after: Cursor | None, skipped: int
) -> tuple[list[Record], Cursor | None]:
    """At most `limit` points behind `after` and `skipped` more, and the cursor of the next page.

    The cursor is None at the end.
    """
    end = skipped + limit
    found: list[Record] = []
    if after is None or after.value is not None:
        found = await _with_values(store, wanted, end + 1, after)
    if len(found) <= end:
        behind = after.id if after is not None and after.value is None else None
        found += await _equal(store, wanted, None, behind, end + 1 - len(found))
    shown = found[skipped:end]
    more = len(found) > end and shown
    cursor = Cursor(shown[-1].value, shown[-1].id) if more else None
    return await _with_payload(store, wanted, shown), cursor


async def _with_values(store: Reads, wanted: Sorted, limit: int, after: Cursor | None) -> list[Record]:
    """The first `limit` that have a value: the rest of the last value's, then the values beyond it."""
    found: list[Record] = []
    if after is not None:
        found = await _equal(store, wanted, after.value, after.id, limit)
    if len(found) < limit:
        found += await _beyond(store, wanted, after, limit - len(found))
    return found


async def _beyond(store: Reads, wanted: Sorted, after: Cursor | None, limit: int) -> list[Record]:
    where, order = wanted.where, wanted.order
    if after is not None and after.value is not None:
        where, order = _and(where, _behind(order, after.value)), replace(order, start=after.value)
    found = await store.ordered(wanted.collection, order, limit=limit, where=where, payload="none")
    if len(found) < limit:
        return _by_id(found)
    last = found[-1].value
    whole = [each for each in found if each.value != last]
    return _by_id(whole) + await _equal(store, wanted, last, None, limit - len(whole))


async def _equal(store: Reads, wanted: Sorted, value: Value, after: str | None, limit: int) -> list[Record]:
    """The first `limit` of this value whose id is greater than `after`."""
    field = wanted.order.field
    of_value = Filter(missing=(field,)) if value is None else _equal_to(field, value)
    found, _ = await store.scroll(
        wanted.collection, limit=limit, after=after, where=_and(wanted.where, of_value), payload="none"
    )
    return [replace(each, value=value) for each in found]


async def _with_payload(store: Reads, wanted: Sorted, shown: list[Record]) -> list[Record]:
    """What is shown of them; those that were deleted meanwhile are left out."""
    if wanted.payload == "none" or not shown:
        return shown
    ids = [each.id for each in shown]
    there = {each.id: each for each in await store.retrieve(wanted.collection, ids, payload=wanted.payload)}
    return [there[each] for each in ids if each in there]


def _equal_to(field: str, value: float | str) -> Filter:
    if isinstance(value, str):
        return Filter(dates={field: Dates(gte=value, lte=value)})
    return Filter(ranges={field: Range(gte=value, lte=value)})


def _behind(order: Order, value: float | str) -> Filter:
    if isinstance(value, str):
        dates = Dates(lt=value) if order.descending else Dates(gt=value)
        return Filter(dates={order.field: dates})
    return Filter(ranges={order.field: Range(lt=value) if order.descending else Range(gt=value)})


def _by_id(found: Sequence[Record]) -> list[Record]:
    """The records with those of equal values by id; equal ones stand together already."""
    runs = groupby(found, key=lambda each: each.value)
    return [record for _, run in runs for record in sorted(run, key=lambda each: each.id)]


def _and(where: Filter | None, other: Filter) -> Filter:
    return other if where is None else Filter(every=(where, other))
