"""Files whose names have something happen just as they are read: see `orders`."""

from collections.abc import Iterator

from tests.support.hell.case import Case, named, of, only
from tests.support.hell.formats import whole
from tests.support.hell.orders import ORDERS


def sabotage() -> Iterator[Case]:
    """A RAW file, as those are what crashes decoders, for each order."""
    for order, (_, outcome) in ORDERS.items():
        content = whole()["DNG"][1] + order.encode()
        yield Case(f"as it is read: {order}", named(order, 0, ".dng"), of(content), only(outcome))
