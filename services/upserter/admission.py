"""Whether points may go into a collection: it must be the one they were made for, of one model and size."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.common.control import CollectionState, FilledBy
from libs.common.errors import Code, SluiceError
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.misfit import other_model, other_size
from libs.common.store.protocol import Store

Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]


class Collections(Protocol):
    """What is known of collections; the control table."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""

    def collection(self, name: str) -> CollectionState | None:
        """The present generation of a collection."""

    def filled(self, name: str, generation: str | None = None) -> FilledBy | None:
        """The model that filled that generation; None: the present one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What all points of a group share. `dimension` counts floats."""

    collection: str
    generation: str
    model: str
    dimension: int


class Admission:
    """Decides per shape; a collection's first model is recorded before its first point is written."""

    def __init__(self, store: Store, collections: Collections, publish: Publish) -> None:
        self._store = store
        self._collections = collections
        self._publish = publish
        self._sizes: dict[tuple[str, str], int] = {}
        self._recording = asyncio.Lock()

    async def check(self, shape: Shape) -> str:
        """What the store calls the collection, if points of this shape may be written.

        Raises SluiceError collection_gone, vector_size_mismatch or model_mismatch; UnavailableError if the
        store is away.
        """
        place = await self.place_of(shape.collection, shape.generation)
        await self._check_size(shape, place)
        await self._check_model(shape, place)
        return place

    async def place_of(self, collection: str, generation: str) -> str:
        """What the store calls that generation of the collection; SluiceError collection_gone."""
        if (place := self._place(collection, generation)) is None:
            await self._collections.refresh()
            place = self._place(collection, generation)
        if place is None:
            raise gone(collection)
        return place

    async def _check_size(self, shape: Shape, place: str) -> None:
        key = (shape.collection, shape.generation)
        if key not in self._sizes:
            self._sizes[key] = await self._size_in_store(place)
        if self._sizes[key] != shape.dimension:
            raise other_size(shape.collection, self._sizes[key], shape.model, shape.dimension)

    async def _check_model(self, shape: Shape, place: str) -> None:
        filled = self._collections.filled(shape.collection, shape.generation)
        filled = filled or await self._first_model(shape, place)
        if filled is None:
            raise gone(shape.collection)
        if filled.model != shape.model:
            raise other_model(shape.collection, filled.model, shape.model)

    async def _size_in_store(self, collection: str) -> int:
        try:
            return (await self._store.info(collection)).vector_size
        except SluiceError as error:
            if error.code is Code.COLLECTION_NOT_FOUND:
                raise gone(collection) from error
            raise

    async def _first_model(self, shape: Shape, place: str) -> FilledBy | None:
        """What fills the collection once this one, or another that was quicker, has been recorded.

        One at a time, and read back, so that of two models in one batch only one is let in. None: the
        collection was deleted meanwhile.
        """
        async with self._recording:
            await self._collections.refresh()
            filled = self._collections.filled(shape.collection, shape.generation)
            if filled is None:
                body = FilledBy(name=place, generation=shape.generation, model=shape.model)
                await self._publish([fact(body)])
                await self._collections.refresh()
                filled = self._collections.filled(shape.collection, shape.generation)
            return filled

    def _place(self, collection: str, generation: str) -> str | None:
        state = self._collections.collection(collection)
        held = None if state is None else state.holding(generation)
        return None if held is None else held.stored_in


def gone(collection: str) -> SluiceError:
    """The error of points whose collection is no more."""
    return SluiceError(
        Code.COLLECTION_GONE, f"the collection '{collection}' was deleted or recreated while the job ran"
    )
