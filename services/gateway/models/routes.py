"""The model of a collection: look, change, switch, drop."""

from typing import Annotated

from fastapi import APIRouter, Depends

from libs.common.control import Holding
from libs.common.tasks import duplicates_from
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.collections.models import Deleted, Name
from services.gateway.models import models as body
from services.gateway.models.changes import Held, Holdings, ModelChanges

router = APIRouter(prefix="/collections/{name}/model", tags=["collections"])

Changes = Annotated[ModelChanges, Depends(capability(ModelChanges))]


@router.get("", summary="Which model a collection is searched by", responses=problems(400, 404))
async def look(changes: Changes, name: Name) -> body.ModelOut:
    """With what is being filled for another model, and what it held before the last change."""
    return _shown(changes, await changes.holdings(name))


@router.post(
    "", status_code=202, summary="Give a collection another model", responses=problems(400, 404, 409)
)
async def begin(changes: Changes, name: Name, request: body.ModelRequest) -> body.ModelTaken:
    """A job embeds the same files again, next to what is searched; when all are done, searches go there at
    once. What was searched before is kept until it is dropped. New jobs go into what is being filled."""
    filling = await changes.begin(name, request.model)
    return body.ModelTaken(collection=name, model=request.model, job_id=filling.job_id or "")


@router.post(
    "/{to}/switch",
    summary="Search in what was filled, or in what was before",
    responses=problems(400, 404, 409),
)
async def switch(changes: Changes, name: Name, to: Held) -> body.ModelOut:
    """A job that fills switches by itself where every file was stored; after failures it waits for this."""
    await changes.switch(name, to)
    return _shown(changes, await changes.holdings(name))


@router.delete(
    "/{what}", summary="Drop what was filled, or what was before", responses=problems(400, 404, 409)
)
async def drop(changes: Changes, name: Name, what: Held) -> Deleted:
    """Never what is searched now. Files on disk stay."""
    await changes.drop(name, what)
    return Deleted(collection=name)


def _shown(changes: ModelChanges, found: Holdings) -> body.ModelOut:
    def held(each: Holding | None) -> body.HeldOut | None:
        if each is None:
            return None
        filled = changes.control.filled(found.state.name, each.generation)
        return body.HeldOut(
            model=each.model,
            filled_by=filled.model if filled else None,
            points=found.points.get(each.stored_in, 0),
            job_id=each.job_id,
        )

    state = found.state
    present = held(state.present)
    return body.ModelOut(
        collection=state.name,
        present=present or body.HeldOut(model=None, points=0),
        filling=held(state.filling),
        previous=held(state.previous),
        duplicates_from=duplicates_from(changes.control.model(state.model)),
    )
