"""What is said of collections on `control`, as records. Pure."""

from collections.abc import Sequence
from uuid import uuid4

import msgspec

from libs.common.control import ActiveCollection, CollectionState
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.topics import CONTROL


def selected(name: str) -> list[Outgoing]:
    """Make the collection the active one."""
    return [fact(ActiveCollection(name=name))]


def new_generation(name: str, model: str | None = None) -> CollectionState:
    """The state of a collection that was just made, or found without one."""
    return CollectionState(name=name, generation=str(uuid4()), model=model)


def cleared(state: CollectionState, at: float) -> CollectionState:
    """The collection from whose `at` on (seconds since the epoch) older cache entries are misses."""
    return msgspec.structs.replace(state, cache_cleared_at=at)


def deleted(name: str, *, was_active: bool, places: Sequence[str] = ()) -> list[Outgoing]:
    """Forget the collection, so that work still under way for it is recognised as too late.

    `places` are what the store calls all that it has of it, where that is not its name.
    """
    filled = [f"filled:{place}" for place in dict.fromkeys((name, *places))]
    keys = [f"collection:{name}", *filled, f"labels:{name}"]
    forgotten = [Outgoing(CONTROL, key, None) for key in keys]
    return forgotten + ([fact(ActiveCollection(name=None))] if was_active else [])
