"""Whether points may go into a collection: it must be the one they were made for, of one model and size."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.common.control import CollectionState, FilledBy
from libs.common.errors import Code, SluiceError
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.store.protocol import Store

Publish = Callable[[Sequence[Outgoing]], Awaitable[object]]


class Collections(Protocol):
    """What is known of collections; the control table."""

    async def refresh(self) -> None:
        """Return once everything written before this call can be read."""

    def collection(self, name: str) -> CollectionState | None:
        """The present generation of a collection."""

    def filled(self, name: str) -> FilledBy | None:
        """The model that filled the present generation."""


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

    async def check(self, shape: Shape) -> None:
        """Return if points of this shape may be written.

        Raises SluiceError collection_gone, vector_size_mismatch or model_mismatch; UnavailableError if the
        store is away.
        """
        await self._check_generation(shape)
        await self._check_size(shape)
        await self._check_model(shape)

    async def _check_generation(self, shape: Shape) -> None:
        if not self._is_present(shape):
            await self._collections.refresh()
            if not self._is_present(shape):
                raise gone(shape.collection)

    async def _check_size(self, shape: Shape) -> None:
        key = (shape.collection, shape.generation)
        if key not in self._sizes:
            self._sizes[key] = await self._size_in_store(shape.collection)
        if self._sizes[key] != shape.dimension:
            raise SluiceError(
                Code.VECTOR_SIZE_MISMATCH,
                f"the collection '{shape.collection}' holds vectors of {self._sizes[key]} and the model "
                f"'{shape.model}' makes {shape.dimension}: create a collection with "
                f"vector_size {shape.dimension}",
            )

    async def _check_model(self, shape: Shape) -> None:
        filled = self._collections.filled(shape.collection) or await self._first_model(shape)
        if filled is None:
            raise gone(shape.collection)
        if filled.model != shape.model:
            raise SluiceError(
                Code.MODEL_MISMATCH,
                f"the collection '{shape.collection}' was filled by the model '{filled.model}', these "
                f"vectors are of '{shape.model}' and cannot be compared with them: use a new collection",
            )

    async def _size_in_store(self, collection: str) -> int:
        try:
            return (await self._store.info(collection)).vector_size
        except SluiceError as error:
            if error.code is Code.COLLECTION_NOT_FOUND:
                raise gone(collection) from error
            raise

    async def _first_model(self, shape: Shape) -> FilledBy | None:
        """What fills the collection once this one, or another that was quicker, has been recorded.

        One at a time, and read back, so that of two models in one batch only one is let in. None: the
        collection was deleted meanwhile.
        """
        async with self._recording:
            await self._collections.refresh()
            filled = self._collections.filled(shape.collection)
            if filled is None:
                body = FilledBy(name=shape.collection, generation=shape.generation, model=shape.model)
                await self._publish([fact(body)])
                await self._collections.refresh()
                filled = self._collections.filled(shape.collection)
            return filled

    def _is_present(self, shape: Shape) -> bool:
        state = self._collections.collection(shape.collection)
        return state is not None and state.generation == shape.generation


def gone(collection: str) -> SluiceError:
    """The error of points whose collection is no more."""
    return SluiceError(
        Code.COLLECTION_GONE, f"the collection '{collection}' was deleted or recreated while the job ran"
    )
