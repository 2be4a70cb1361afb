"""Making a collection of some points of another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.control import FilledBy
from libs.common.errors import SluiceError
from libs.common.kafka.outgoing import fact
from libs.common.points.copying import copied
from libs.common.store.protocol import Record
from services.gateway.api.deadlines import deadline, refreshed
from services.gateway.collections.collections import Collections

PAGE = 128


@dataclass(frozen=True, slots=True)
class Selected:
    """How many points were copied, and the ids that the source does not have."""

    copied: int
    missing: list[str]


async def from_selection(
    collections: Collections, name: str, source: str, point_ids: Sequence[str]
) -> Selected:
    """Make the collection `name` and copy the points into it: all, or nothing is made.

    Raises BadRequestError collection_not_found, and SluiceError collection_exists.
    """
    state = await collections.adopted(source)
    info, model = await collections.store.info(source), await collections.model_of(source)
    await collections.create(name, info.vector_size, info.distance, state.model)
    try:
        if model is not None:
            await _fill(collections, name, model)
        return await _copy(collections, name, source, list(dict.fromkeys(point_ids)))
    except BaseException:
        await _undo(collections, name)
        raise


async def _fill(collections: Collections, name: str, model: str) -> None:
    """Remember whose embeddings it holds before the first is in it, as the upserter does."""
    state = await collections.adopted(name)
    async with deadline("writing it down"):
        filled = FilledBy(name=name, generation=state.generation, model=model)
        await collections.publisher.publish([fact(filled)])
    await refreshed(collections.control)


async def _copy(collections: Collections, name: str, source: str, ids: Sequence[str]) -> Selected:
    generation = (await collections.adopted(name)).generation
    done: set[str] = set()
    for start in range(0, len(ids), PAGE):
        found: list[Record] = await collections.store.retrieve(
            source, ids[start : start + PAGE], vectors=True
        )
        await collections.store.upsert(name, [copied(record, name, generation) for record in found])
        done |= {record.id for record in found}
    return Selected(len(done), [point for point in ids if point not in done])


async def _undo(collections: Collections, name: str) -> None:
    try:
        await collections.delete(name)
    except SluiceError:
        # What failed the copy keeps it from being undone too; the first error is the one to tell.
        return
