"""Collections: in the store they hold points, on `control` they have a generation and one is active."""

import asyncio
import logging
import time
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

from libs.common.control import CollectionState
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.http.problems.problem import BadRequestError, ConflictError
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.misfit import other_model, other_size
from libs.common.points.fields import Fields, names
from libs.common.points.projections import SAMPLE
from libs.common.settings import StoreSettings
from libs.common.store.named import held_in
from libs.common.store.names import not_found
from libs.common.store.protocol import CollectionInfo, Distance, Record, Shape, Store
from services.gateway.api.caller import check_collection, sees
from services.gateway.api.deadlines import SECONDS, deadline, refreshed
from services.gateway.collections import records
from services.gateway.tasks.tasks import Tasks
from services.gateway.view.fold import Job

log = logging.getLogger(__name__)

SAMPLES = 5
DEFAULT_SIZE = 512
"""Numbers a vector, while no model is known."""
NOTED_S = SECONDS
"""How long after it is there another replica writes down at most that it has made a collection."""


@dataclass(frozen=True, slots=True)
class Described:
    """A collection as people are told of it. `state` is None until somebody has used it."""

    info: CollectionInfo
    samples: list[Record]
    state: CollectionState | None
    model: str | None
    is_active: bool


class Writers(Protocol):
    """The jobs, as far as collections need to know of them."""

    async def writing_to(self, collection: str) -> Job | None:
        """A job that has not ended and writes into the collection."""


@dataclass(frozen=True, slots=True)
class Collections:
    """Making, choosing and removing collections; each call sees all that any replica wrote before it."""

    store: Store
    control: ControlTable
    publisher: Publisher
    tasks: Tasks
    writers: Writers
    shape: StoreSettings
    """The size and metric of collections that are made without any."""
    making: MutableMapping[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """By the names of those that are being made here."""

    async def names(self) -> list[str]:
        """The names of all collections."""
        return [name for name in await self.store.collections() if sees(name)]

    async def create(
        self,
        name: str,
        vector_size: int | None = None,
        distance: Distance | None = None,
        model: str | None = None,
    ) -> None:
        """Make an empty collection; SluiceError collection_exists.

        A request that is sent again after a 503 makes it, or finds it made. Of two at the same time one does.
        `model`: the name that the ML service is asked for its vectors by; None: the model in use.
        """
        check_collection(name)
        size = vector_size or self.shape.qdrant_vector_size or await self._model_size()
        shape = Shape(size, distance or self.shape.qdrant_distance_metric)
        async with self.making.setdefault(name, asyncio.Lock()):
            await self._make(name, shape)
            await self._note(name, model)

    async def _note(self, name: str, model: str | None) -> None:
        try:
            await self._say(records.new_generation(name, model))
        except UnavailableError as error:
            if model is not None:
                raise
            # It is made, and `adopted` gives it its generation when it is first used.
            log.warning("collection %s is made, and not written down yet: %s", name, error.detail)

    async def _make(self, name: str, shape: Shape) -> None:
        """Make it in the store, or take one that a request before made there and gave up waiting for."""
        if (exists := await self._created(name, shape)) is None:
            return
        if not await self._is_left_over(name, shape):
            raise exists
        await self._created(name, shape)  # it may have been deleted since it was looked at

    async def _created(self, name: str, shape: Shape) -> SluiceError | None:
        """Make it in the store; the store's collection_exists where it is there already."""
        try:
            await self.store.create(name, shape.vector_size, shape.distance)
        except SluiceError as error:
            if error.code is not Code.COLLECTION_EXISTS:
                raise
            return error
        return None

    async def _is_left_over(self, name: str, shape: Shape) -> bool:
        """Whether it is as it would be made now: of this shape, empty, and never used here."""
        found = await self.store.info(name)
        if Shape(found.vector_size, found.distance) != shape or found.points_count:
            return False
        return not await self._is_known(name)

    async def _is_known(self, name: str) -> bool:
        """Whether it was used, or has been made at another replica at the same time."""
        await refreshed(self.control)
        end = time.monotonic() + NOTED_S
        while self.control.collection(name) is None and (left := end - time.monotonic()) > 0:
            await self.control.changed(left)
        return self.control.collection(name) is not None

    async def _model_size(self) -> int:
        await refreshed(self.control)
        model = self.control.model()
        return model.dimension if model else DEFAULT_SIZE

    async def active_or_none(self) -> str | None:
        """The name of the active collection; None while none is selected that the caller may know of."""
        await refreshed(self.control)
        return self._chosen()

    def _chosen(self) -> str | None:
        name = self.control.active()
        return name if name is not None and sees(name) else None

    async def active(self) -> str:
        """The name of the active collection; SluiceError no_collection_selected."""
        await refreshed(self.control)
        return self.chosen()

    def chosen(self) -> str:
        """The name of the collection that was active when the control table was last read, likewise."""
        name = self._chosen()
        if name is None:
            raise SluiceError(
                Code.NO_COLLECTION_SELECTED, "no collection is selected: POST /api/v1/collections/select"
            )
        return name

    async def check(self, name: str) -> None:
        """Raise SluiceError collection_not_found where there is no such collection for the caller."""
        check_collection(name)
        places = {place for state in self.control.collections() for place in held_in(state)}
        if self.control.collection(name) is None and name in places:
            raise not_found(name)
        await self.store.shape(name)

    async def select(self, name: str) -> None:
        """Make it the active one; BadRequestError collection_not_found."""
        await self.adopted(name)
        await self._publish(records.selected(name))

    async def adopted(self, name: str) -> CollectionState:
        """The collection's state; one that the store has and no one has used here gets its generation now.

        Raises BadRequestError collection_not_found.
        """
        check_collection(name)
        await refreshed(self.control)
        if name not in await self.store.collections():
            raise BadRequestError(Code.COLLECTION_NOT_FOUND, f"there is no collection {name}")
        return self.control.collection(name) or await self._say(records.new_generation(name))

    async def fitting(self, name: str) -> CollectionState:
        """As `adopted`, for a job that embeds into it.

        Raises ConflictError model_mismatch, or vector_size_mismatch, where it is known that the model that
        will embed does not fit; what is not known yet is for the upserter to find.
        """
        state = await self.adopted(name)
        target = state.target
        model, filled = self.control.model(target.model), self.control.filled(name, target.generation)
        if model is None:
            return state
        if filled is not None and filled.model != model.model:
            raise ConflictError.of(other_model(name, filled.model, model.model))
        if state.filling is None and (size := (await self.store.shape(name)).vector_size) != model.dimension:
            raise ConflictError.of(other_size(name, size, model.model, model.dimension))
        return state

    async def delete(self, name: str) -> None:
        """Remove the collection and its points; collection_not_found, or collection_busy."""
        check_collection(name)
        await self.store.info(name)
        if job := await self.writers.writing_to(name):
            raise SluiceError(Code.COLLECTION_BUSY, f"job {job.job_id} still writes into collection {name}")
        if task := await self.tasks.merging_into(name):
            raise SluiceError(
                Code.COLLECTION_BUSY, f"task {task.task_id} still merges into collection {name}"
            )
        await refreshed(self.control)
        state = self.control.collection(name)
        # Forgotten first: whatever still travels is then refused and does not fill a new namesake.
        places = [name] if state is None else held_in(state)
        await self._publish(records.deleted(name, was_active=self.control.active() == name, places=places))
        there = await self.store.collections()
        for place in places:
            if place in there:
                await self.store.delete(place)

    async def describe(self, name: str) -> Described:
        """The collection's shape, counts and a few points; SluiceError collection_not_found."""
        check_collection(name)
        info = await self.store.info(name)
        samples, _ = await self.store.scroll(name, limit=SAMPLES, payload=SAMPLE)
        await refreshed(self.control)
        filled = self.control.filled(name)
        return Described(
            info=info,
            samples=samples,
            state=self.control.collection(name),
            model=filled.model if filled else None,
            is_active=self.control.active() == name,
        )

    async def model_of(self, name: str) -> str | None:
        """Whose embeddings it holds; None where nothing says so, or it is empty."""
        await refreshed(self.control)
        if filled := self.control.filled(name):
            return filled.model
        points, _ = await self.store.scroll(name, limit=1, payload=names(Fields.model))
        return next((model for point in points if (model := Fields(point.payload).model)), None)

    async def clear_cache(self) -> CollectionState:
        """Make every cache entry of before now a miss for the active collection."""
        state = await self.adopted(await self.active())
        return await self._say(records.cleared(state, self.publisher.clock.now()))

    async def _say(self, state: CollectionState) -> CollectionState:
        await self._publish([fact(state)])
        return state

    async def _publish(self, records: Sequence[Outgoing]) -> None:
        """Return once the records are written and this replica has read them."""
        async with deadline("writing it down"):
            await self.publisher.publish(records)
        await refreshed(self.control)
