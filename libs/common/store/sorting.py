"""Pages of a collection in the order of a field, each point once, whatever is stored meanwhile.

Points of equal values stand in the order of their ids, those without a value at the end. A cursor names the
last point by its value and its id, so a page needs no memory of those before and page 1,000 costs what
page 1 does. A store promises no order among equal values: what is cut off at the end of a page is read
again by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from libs.common.store.protocol import Dates, Filter, Order, PayloadFields, Range, Record, Store

Value = float | str | None
"""The value that a page ended with: a number, an instant, or None where the points have none."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last point of a page."""

    value: Value
    id: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is read, and in what order."""

    collection: str
    order: Order
    where: Filter | None
    payload: PayloadFields


async def page(
    store: Store, wanted: Sorted, limit: int, after: Cursor | None
) -> tuple[list[Record], Cursor | None]:
    """At most `limit` points behind `after`, and the cursor of the next page; None at the end."""
    found: list[Record] = []
    if after is None or after.value is not None:
        found = await _with_values(store, wanted, limit + 1, after)
    if len(found) <= limit:
        behind = after.id if after is not None and after.value is None else None
        found += await _equal(store, wanted, None, behind, limit + 1 - len(found))
    shown = found[:limit]
    more = len(found) > limit and shown
    return shown, Cursor(_value(wanted, shown[-1]), shown[-1].id) if more else None


async def _with_values(store: Store, wanted: Sorted, limit: int, after: Cursor | None) -> list[Record]:
    """The first `limit` that have a value: the rest of the last value's, then the values beyond it."""
    found: list[Record] = []
    if after is not None:
        found = await _equal(store, wanted, after.value, after.id, limit)
    if len(found) < limit:
        found += await _beyond(store, wanted, after, limit - len(found))
    return found


async def _beyond(store: Store, wanted: Sorted, after: Cursor | None, limit: int) -> list[Record]:
    where, order = wanted.where, wanted.order
    if after is not None and after.value is not None:
        where, order = _and(where, _behind(order, after.value)), replace(order, start=after.value)
    found = await store.ordered(wanted.collection, order, limit=limit, where=where, payload=_fields(wanted))
    if len(found) < limit:
        return _by_id(wanted, found)
    last = _value(wanted, found[-1])
    whole = [each for each in found if _value(wanted, each) != last]
    return _by_id(wanted, whole) + await _equal(store, wanted, last, None, limit - len(whole))


async def _equal(store: Store, wanted: Sorted, value: Value, after: str | None, limit: int) -> list[Record]:
    """The first `limit` of this value whose id is greater than `after`."""
    field = wanted.order.field
    of_value = Filter(missing=(field,)) if value is None else _equal_to(field, value)
    found, _ = await store.scroll(
        wanted.collection,
        limit=limit,
        after=after,
        where=_and(wanted.where, of_value),
        payload=_fields(wanted),
    )
    return found


def _equal_to(field: str, value: float | str) -> Filter:
    if isinstance(value, str):
        return Filter(dates={field: Dates(gte=value, lte=value)})
    return Filter(ranges={field: Range(gte=value, lte=value)})


def _behind(order: Order, value: float | str) -> Filter:
    if isinstance(value, str):
        dates = Dates(lt=value) if order.descending else Dates(gt=value)
        return Filter(dates={order.field: dates})
    return Filter(ranges={order.field: Range(lt=value) if order.descending else Range(gt=value)})


def _by_id(wanted: Sorted, found: Sequence[Record]) -> list[Record]:
    """The records with those of equal values by id; equal ones stand together already."""
    runs: list[list[Record]] = []
    for record in found:
        if runs and _value(wanted, runs[-1][0]) == _value(wanted, record):
            runs[-1].append(record)
        else:
            runs.append([record])
    return [record for run in runs for record in sorted(run, key=lambda each: each.id)]


def _value(wanted: Sorted, record: Record) -> Value:
    value = record.payload.get(wanted.order.field)
    if isinstance(value, str):
        return _instant(value)
    return value if isinstance(value, int | float) else None


def _instant(text: str) -> str:
    """The instant in one way of writing, since equal ones may be written differently."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except ValueError:
        return text


def _fields(wanted: Sorted) -> PayloadFields:
    if isinstance(wanted.payload, str):
        return "all" if wanted.payload == "all" else (wanted.order.field,)
    return tuple(dict.fromkeys((*wanted.payload, wanted.order.field)))


def _and(where: Filter | None, other: Filter) -> Filter:
    return other if where is None else Filter(every=(where, other))
