"""Bringing collections together: what may be, and what travels."""

from collections.abc import Sequence

from libs.common.errors import Code, SluiceError
from libs.common.http.problems.problem import BadRequestError
from libs.common.store.protocol import CollectionInfo
from libs.common.tasks import Merge
from services.gateway.collections.collections import Collections


async def merge(collections: Collections, destination: str, sources: Sequence[str]) -> str:
    """The id of the task that adds the sources to the destination, which is made if it is not there.

    Checked here as far as the gateway can see; the upserter checks each point once more. Raises
    BadRequestError for collections that are not there, the same or of different metrics, and SluiceError
    vector_size_mismatch or model_mismatch.
    """
    if destination in sources:
        raise BadRequestError(Code.INVALID_REQUEST, f"{destination} cannot be merged into itself")
    wanted = tuple(dict.fromkeys(sources))
    requested = [(await collections.adopted(source)).model for source in wanted]
    is_there = destination in await collections.names()
    together = [*wanted, destination] if is_there else list(wanted)
    shape = _one_shape([await collections.store.info(name) for name in together])
    await _one_model(collections, together)
    if not is_there:
        await collections.create(destination, shape.vector_size, shape.distance, requested[0])
    state = await collections.adopted(destination)
    return await collections.tasks.submit("merge", state, Merge(sources=wanted))


async def _one_model(collections: Collections, names: Sequence[str]) -> None:
    models = {name: await collections.model_of(name) for name in names}
    if len(set(filter(None, models.values()))) > 1:
        listed = ", ".join(f"{name}: {model}" for name, model in models.items() if model)
        raise SluiceError(
            Code.MODEL_MISMATCH,
            f"vectors of different models cannot be compared ({listed}): ingest the files into one "
            "collection instead",
        )


def _one_shape(infos: Sequence[CollectionInfo]) -> CollectionInfo:
    """What all have in common; SluiceError if it is not one size and one metric."""
    first = infos[0]
    for info in infos[1:]:
        if info.vector_size != first.vector_size:
            raise SluiceError(
                Code.VECTOR_SIZE_MISMATCH,
                f"{first.name} holds vectors of {first.vector_size} numbers, {info.name} of "
                f"{info.vector_size}: they cannot be in one collection",
            )
        if info.distance != first.distance:
            raise BadRequestError(
                Code.INVALID_REQUEST,
                f"{first.name} measures by {first.distance}, {info.name} by {info.distance}: they cannot be "
                "in one collection",
            )
    return first
