"""Giving a collection another model: a second one is filled from the same files while the first serves."""

from dataclasses import dataclass
from hashlib import sha1
from typing import Literal
from uuid import UUID, uuid4

from msgspec.structs import replace

from libs.common.control import CollectionState, Holding, ModelInUse, switched, switched_back
from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.events import REQUEST_VERSION, PointsSource, ScanRequest
from libs.common.http.problems.problem import BadRequestError
from libs.common.kafka.outgoing import Outgoing, fact
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.tables.control_table import ControlTable
from libs.common.ml.capabilities import Capabilities
from libs.common.ml.client import HttpMLClient
from libs.common.store.protocol import Store
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.collections.collections import Collections
from services.gateway.jobs.reader import JobReader
from services.gateway.jobs.requests import Requests

Held = Literal["filling", "previous"]
_LONGEST = 110
"""Characters of a name that are kept in the store's own; it may have 128."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is of a collection, and how many points each has."""

    state: CollectionState
    points: dict[str, int]
    """By what the store calls it."""


@dataclass(frozen=True, slots=True)
class ModelChanges:
    """Each call sees what any replica wrote before it. Doing one again does it once."""

    under: Store
    """By the store's own names."""
    control: ControlTable
    publisher: Publisher
    collections: Collections
    jobs: JobReader
    requests: Requests
    client: HttpMLClient

    async def holdings(self, name: str) -> Holdings:
        """What the collection is searched in, what is filled for it, and what it held before."""
        state = await self.collections.adopted(name)
        there = set(await self.under.collections())
        places = [each.stored_in for each in _held(state) if each.stored_in in there]
        return Holdings(state, {place: await self.under.count(place) for place in places})

    async def begin(self, name: str, model: str) -> Holding:
        """Have the collection filled by that model; what is filled, with its job.

        Raises SluiceError collection_not_found, collection_busy while a job writes into it or another change
        is not over, model_unavailable, or invalid_request where it is filled by that model already; and
        UnavailableError ml_unavailable.
        """
        state = await self.collections.adopted(name)
        if state.filling is not None and state.filling.model == model:
            return await self._started(state, state.filling)
        await self._check_free(state)
        wanted, in_use = await self._offered(model), await self.client.name_in_use()
        filled = self.control.filled(name)
        if filled is not None and filled.model == wanted.model:
            raise SluiceError(Code.INVALID_REQUEST, f"collection {name} is filled by {wanted.model} already")
        filling = Holding(
            stored_in=_place(name, model), generation=str(uuid4()), model=model, job_id=str(uuid4())
        )
        state = replace(state, model=state.model or in_use, filling=filling)
        await self._publish([fact(wanted), fact(state)])
        return await self._started(state, filling)

    async def switch(self, name: str, to: Held) -> CollectionState:
        """Have the collection searched in that from now on.

        Raises SluiceError invalid_request where there is none, and collection_busy while a job writes.
        """
        state = await self.collections.adopted(name)
        if getattr(state, to) is None:
            raise SluiceError(Code.INVALID_REQUEST, f"collection {name} has nothing {to}")
        await self._check_no_job(name)
        if to == "previous" and state.filling is not None:
            raise SluiceError(Code.COLLECTION_BUSY, f"collection {name} is being filled: drop that first")
        state = switched(state) if to == "filling" else switched_back(state)
        await self._publish([fact(state)])
        return state

    async def drop(self, name: str, what: Held) -> None:
        """Remove what was filled, or what it held before; nothing where there is none.

        Raises SluiceError collection_busy while a job writes into what is filled.
        """
        state = await self.collections.adopted(name)
        held: Holding | None = getattr(state, what)
        if held is None:
            return
        if what == "filling":
            await self._check_no_job(name)
        if held.stored_in in await self.under.collections():
            await self.under.delete(held.stored_in)
        await self._publish([fact(replace(state, **{what: None}))])

    async def _started(self, state: CollectionState, filling: Holding) -> Holding:
        """Make what a crash may have kept from being made: the place, the job."""
        if filling.stored_in not in await self.under.collections():
            shape = await self.under.shape(state.present.stored_in)
            model = self.control.model(filling.model)
            size = model.dimension if model else shape.vector_size
            await self.under.create(filling.stored_in, size, shape.distance)
        job_id = UUID(filling.job_id)
        if await self.jobs.find(job_id) is None:
            source = PointsSource(collection=state.name)
            await self.requests.publish(
                ScanRequest(version=REQUEST_VERSION, job_id=job_id, source=source, collection=state.name)
            )
        return filling

    async def _offered(self, model: str) -> ModelInUse:
        """What the ML service says of that model."""
        found = await self._capabilities(model)
        if found.model is None or found.dimension is None:
            raise UnavailableError(
                Code.ML_UNAVAILABLE, "the ML service does not say what model it has, or of which size"
            )
        return ModelInUse(
            model=found.model,
            dimension=found.dimension,
            has_text=found.has_text,
            batch=found.safe_batch,
            input_side=found.input_side,
            duplicate_likeness=found.duplicate_likeness,
            related_likeness=found.related_likeness,
            words_likeness=found.words_likeness,
            requested=model,
        )

    async def _capabilities(self, model: str) -> Capabilities:
        try:
            return await self.client.for_model(model).capabilities()
        except UnavailableError as error:
            if error.code is Code.MODEL_UNAVAILABLE:
                # What the client named, and not something that will pass.
                raise BadRequestError(error.code, error.detail) from error
            raise

    async def _check_free(self, state: CollectionState) -> None:
        await self._check_no_job(state.name)
        if state.filling is not None:
            raise SluiceError(
                Code.COLLECTION_BUSY,
                f"collection {state.name} is being filled by {state.filling.model}: let it end, or drop it",
            )
        if state.previous is not None:
            raise SluiceError(
                Code.COLLECTION_BUSY,
                f"collection {state.name} still has the vectors of before its last change: drop them, or "
                "switch back to them",
            )

    async def _check_no_job(self, name: str) -> None:
        if job := await self.jobs.writing_to(name):
            raise SluiceError(Code.COLLECTION_BUSY, f"job {job.job_id} still writes into collection {name}")

    async def _publish(self, records: list[Outgoing]) -> None:
        async with deadline("writing it down"):
            await self.publisher.publish(records)
        await refreshed(self.control)


def _held(state: CollectionState) -> list[Holding]:
    return [each for each in (state.present, state.filling, state.previous) if each is not None]


def _place(name: str, model: str) -> str:
    """What the store calls the vectors of that model: the same each time, so a crash leaves one at most."""
    return f"{name[:_LONGEST]}~{sha1(f'{name}/{model}'.encode(), usedforsecurity=False).hexdigest()[:12]}"
