"""Rankings whose pages are stable: points of equal score stand in the order of their ids.

An engine promises no order among points of equal score, nor which of them it gives. So it is asked for
more until the last of them is known, or until MOST.
"""

from collections.abc import Sequence

from libs.common.store.protocol import Ranked

MOST = 100_000
"""Points that one ranking reads at most; among more of equal score than this the order is the engine's."""
_MORE = 64


def first_depth(limit: int) -> int:
    """How many points to ask for at first."""
    return limit + _MORE


def next_depth(found: Sequence[Ranked], requested: int, limit: int) -> int | None:
    """How many points to ask for next; None when `found`, of `requested`, settles the first `limit`."""
    if len(found) < requested or requested >= MOST or found[-1].score < found[limit - 1].score:
        return None
    return min(4 * requested, MOST)


def settled(found: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The first `limit`, best first, ties by id."""
    return sorted(found, key=lambda hit: (-hit.score, hit.id))[:limit]
