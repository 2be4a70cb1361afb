"""Collections: make, choose, look at, remove."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from libs.common.points.fields import Fields
from libs.common.store.protocol import Record
from services.gateway.api.capabilities import capability
from services.gateway.api.clock import utc
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.collections import models as body
from services.gateway.collections.collections import Collections, Described
from services.gateway.collections.merge import merge
from services.gateway.collections.selection import from_selection
from services.gateway.tasks.models import task_url

router = APIRouter(prefix="/collections", tags=["collections"], route_class=ReadFields)

All = Annotated[Collections, Depends(capability(Collections))]


@router.get("", summary="The names of all collections", responses=problems())
async def names(collections: All) -> list[str]:
    """Sorted; a bare array."""
    return await collections.names()


@router.get("/active", summary="The active collection", responses=problems())
async def active(collections: All) -> body.Active:
    """Null while none is selected."""
    return body.Active(active_collection=await collections.active_or_none())


@router.post("", status_code=201, summary="Make a collection", responses=problems(400, 409))
async def create(collections: All, request: body.Creation) -> body.Created:
    """An empty one. Without a vector size it gets that of the settings, else that of the model in use."""
    await collections.create(request.collection_name, request.vector_size, request.distance)
    return body.Created(collection=request.collection_name)


@router.post("/select", summary="Make a collection the active one", responses=problems(400))
async def select(collections: All, request: body.Selection) -> body.Selected:
    """One is active for the whole service, whatever replica answers, and stays so after a restart."""
    await collections.select(request.collection_name)
    return body.Selected(active_collection=request.collection_name)


@router.post(
    "/cache/clear", summary="Have the active collection's images processed again", responses=problems(400)
)
async def clear_cache(collections: All) -> body.CacheCleared:
    """Cache entries of before now are misses for the active collection; others keep them."""
    state = await collections.clear_cache()
    return body.CacheCleared(collection=state.name, cleared_at=utc(state.cache_cleared_at))


@router.post(
    "/merge", status_code=202, summary="Add collections to another one", responses=problems(400, 409)
)
async def merge_into(collections: All, request: body.MergeRequest, response: Response) -> body.MergeTaken:
    """As a task: see /body. The destination keeps what it has, and is made if it is not there."""
    task = await merge(collections, request.dest_collection, request.source_collections)
    response.headers["location"] = task_url(task)
    return body.MergeTaken(task_id=task)


@router.post(
    "/from_selection",
    status_code=201,
    summary="Make a collection of some points of another one",
    responses=problems(400, 409),
)
async def select_points(collections: All, request: body.NewFromSelection) -> body.SelectionMade:
    """The points are copied, under ids of their own; the source keeps them."""
    name = request.new_collection_name
    ids = [str(point) for point in request.point_ids]
    made = await from_selection(collections, name, request.source_collection, ids)
    return body.SelectionMade(collection=name, copied=made.copied, missing=made.missing)


@router.get("/{name}/info", summary="A collection's shape, counts and a few points", responses=problems(404))
async def info(collections: All, name: body.Name) -> body.CollectionOut:
    """Counts are numbers, never null."""
    return _described(await collections.describe(name))


@router.delete("/{name}", summary="Remove a collection and its points", responses=problems(404, 409))
async def delete(collections: All, name: body.Name) -> body.Deleted:
    """Files on disk stay. Refused while a job writes into it."""
    await collections.delete(name)
    return body.Deleted(collection=name)


def _described(found: Described) -> body.CollectionOut:
    info, cleared = found.info, found.state.cache_cleared_at if found.state else 0.0
    return body.CollectionOut(
        name=info.name,
        status=info.status,
        points_count=info.points_count,
        vectors_count=info.points_count,
        indexed_vectors_count=info.indexed_vectors_count,
        config=body.Config(vector_size=info.vector_size, distance=info.distance),
        sample_points=[_sample(record) for record in found.samples],
        is_active=found.is_active,
        model=found.model,
        cache_cleared_at=utc(cleared) if cleared else None,
    )


def _sample(record: Record) -> body.SamplePoint:
    point = Fields(record.payload)
    return body.SamplePoint(
        id=record.id,
        filename=point.filename or record.id,
        has_thumbnail=bool(point.thumbnail_base64),
        has_caption=bool(point.caption),
    )
