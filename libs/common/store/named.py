"""The store by the names that people use: a collection that changed its model lies under another one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from libs.common.control import CollectionState
from libs.common.store.protocol import (
    CollectionInfo,
    Cursor,
    Distance,
    FacetCount,
    Filter,
    Order,
    Payload,
    PayloadFields,
    Place,
    Point,
    Ranked,
    RankedBy,
    RankedPage,
    Ranking,
    Record,
    Scored,
    Shape,
    Sorted,
    Store,
)


class NameTable(Protocol):
    """What is known of collections: the control table."""

    def collection(self, name: str) -> CollectionState | None:
        """The present generation of a collection."""

    def collections(self) -> list[CollectionState]:
        """Those of all collections."""


class NamedStore:
    """A Store whose collections are found by the name table; a name that is not in it is the store's own.

    A Qdrant server has aliases, but none may have the name of a collection, and collections cannot be
    renamed: so the table, which all replicas read, is the same for both kinds of store.
    """

    def __init__(self, store: Store, table: NameTable) -> None:
        self._store = store
        self._table = table

    async def collections(self) -> list[str]:
        """The names of all collections, sorted; without those that are being filled or were replaced."""
        there = set(await self._store.collections())
        known = self._table.collections()
        named = {state.name for state in known if state.present.stored_in in there}
        return sorted((there - {place for state in known for place in held_in(state)}) | named)

    async def create(self, name: str, vector_size: int, distance: Distance) -> None:
        """Make an empty collection, called so in the store too."""
        await self._store.create(name, vector_size, distance)

    async def ensure_indexes(self, name: str) -> list[str]:
        """See Store."""
        return await self._store.ensure_indexes(self._place(name))

    async def delete(self, name: str) -> None:
        """Remove what the collection is searched in; `held_in` names what else there may be of it."""
        await self._store.delete(self._place(name))

    async def info(self, name: str) -> CollectionInfo:
        """See Store."""
        return replace(await self._store.info(self._place(name)), name=name)

    async def shape(self, name: str) -> Shape:
        """See Store."""
        return await self._store.shape(self._place(name))

    async def upsert(self, name: str, points: Sequence[Point]) -> None:
        """See Store."""
        await self._store.upsert(self._place(name), points)

    async def retrieve(
        self, name: str, ids: Sequence[str], *, payload: PayloadFields = "all", vectors: bool = False
    ) -> list[Record]:
        """See Store."""
        return await self._store.retrieve(self._place(name), ids, payload=payload, vectors=vectors)

    async def scroll(
        self,
        name: str,
        *,
        limit: int,
        after: str | None = None,
        where: Filter | None = None,
        payload: PayloadFields = "all",
        vectors: bool = False,
    ) -> tuple[list[Record], str | None]:
        """See Store."""
        return await self._store.scroll(
            self._place(name), limit=limit, after=after, where=where, payload=payload, vectors=vectors
        )

    async def search(
        self,
        name: str,
        vectors: Sequence[Sequence[float]],
        *,
        limit: int,
        offset: int = 0,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[list[Scored]]:
        """See Store."""
        place = self._place(name)
        return await self._store.search(
            place, vectors, limit=limit, offset=offset, where=where, payload=payload
        )

    @property
    def has_index(self) -> bool:
        """See Store."""
        return self._store.has_index

    async def neighbours(
        self,
        name: str,
        ids: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        exact: bool = False,
    ) -> dict[str, list[Scored]]:
        """See Store."""
        return await self._store.neighbours(self._place(name), ids, limit=limit, where=where, exact=exact)

    async def rank(
        self, name: str, ranking: Ranking, *, limit: int, where: Filter | None = None
    ) -> list[Ranked]:
        """See Store."""
        return await self._store.rank(self._place(name), ranking, limit=limit, where=where)

    async def can_rank(self) -> bool:
        """See Store."""
        return await self._store.can_rank()

    async def ordered(
        self,
        name: str,
        order: Order,
        *,
        limit: int,
        where: Filter | None = None,
        payload: PayloadFields = "all",
    ) -> list[Record]:
        """See Store."""
        return await self._store.ordered(self._place(name), order, limit=limit, where=where, payload=payload)

    async def page(
        self, wanted: Sorted, limit: int, after: Cursor | None = None, skipped: int = 0
    ) -> tuple[list[Record], Cursor | None]:
        """See Store."""
        placed = replace(wanted, collection=self._place(wanted.collection))
        return await self._store.page(placed, limit, after, skipped)

    async def ranked_page(
        self, wanted: RankedBy, limit: int, after: Place | None = None, skipped: int = 0
    ) -> RankedPage:
        """See Store."""
        placed = replace(wanted, collection=self._place(wanted.collection))
        return await self._store.ranked_page(placed, limit, after, skipped)

    async def facet(
        self, name: str, field: str, *, limit: int, where: Filter | None = None
    ) -> list[FacetCount]:
        """See Store."""
        return await self._store.facet(self._place(name), field, limit=limit, where=where)

    async def complete(self, name: str, field: str, additions: Mapping[str, Payload]) -> None:
        """See Store."""
        await self._store.complete(self._place(name), field, additions)

    async def set_payload(self, name: str, additions: Mapping[str, Payload]) -> None:
        """See Store."""
        await self._store.set_payload(self._place(name), additions)

    async def count(self, name: str, where: Filter | None = None) -> int:
        """See Store."""
        return await self._store.count(self._place(name), where)

    async def delete_points(self, name: str, ids: Sequence[str]) -> None:
        """Remove these points, also from what is being filled: a file has the same id in both."""
        state = self._table.collection(name)
        places = {name} if state is None else {state.present.stored_in, state.target.stored_in}
        for place in sorted(places):
            await self._store.delete_points(place, ids)

    async def close(self) -> None:
        """Close the store underneath."""
        await self._store.close()

    def _place(self, name: str) -> str:
        state = self._table.collection(name)
        return name if state is None else state.present.stored_in


def held_in(state: CollectionState) -> list[str]:
    """What the store calls all that it has of a collection."""
    held = (state.present, state.filling, state.previous)
    return sorted({each.stored_in for each in held if each is not None})
