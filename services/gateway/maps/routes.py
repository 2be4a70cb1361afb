"""The map of the active collection, at the root as its clients have it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from libs.common.errors import Code
from libs.common.http.problems.problem import BadRequestError
from libs.common.maps.child import Answer
from libs.common.points.fields import Fields
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.maps import models as body
from services.gateway.maps.maps import MOST, Box, Map, Maps

router = APIRouter(prefix="/umap", tags=["map"])

All = Annotated[Maps, Depends(capability(Maps))]
Sample = Annotated[int, Query(ge=1, le=1_000_000, description=f"Points, at most {MOST} are taken")]


@router.get("/projection", summary="A collection's points in a plane", responses=problems(400))
async def projection(
    maps: All,
    sample_size: Sample = 500,
    bbox: Annotated[str | None, Query(description="minX,minY,maxX,maxY: only the points in this box")] = None,
    full: Annotated[bool, Query(description=f"As many points as there may be ({MOST})")] = False,
) -> body.MapOut:
    """Points that are near each other look alike. The same until the collection changes."""
    box = None if bbox is None else _box(bbox)
    found = await maps.map(MOST if full else sample_size)
    return _out(found if box is None else found.within(box))


@router.post("/projection_with_clustering", summary="The same with clusters", responses=problems(400))
async def clustered(maps: All, wanted: body.ClusteringIn, sample_size: Sample = 500) -> body.MapOut:
    """Clusters are looked for in the plane."""
    found = await maps.map(sample_size)
    options = wanted.model_dump(exclude={"algorithm"}, exclude_none=True)
    answer = await maps.clusters(found, wanted.algorithm, options)
    labels = await maps.refreshed_labels(found.key.collection)
    out = _out(found, answer.clusters)
    out.clustering_info = body.ClusteringInfo(
        algorithm=wanted.algorithm,
        n_clusters=len(answer.found),
        silhouette_score=answer.silhouette,
        n_outliers=answer.clusters.count(-1),
        parameters=options,
        clusters=_clusters(answer, labels),
    )
    return out


@router.post("/cluster_label", summary="Name a cluster", status_code=204, responses=problems(400))
async def label(maps: All, wanted: body.LabelIn) -> Response:
    """Kept for the active collection, until it is labelled otherwise."""
    await maps.label(wanted.cluster_id, wanted.label)
    return Response(status_code=204)


def _out(found: Map, clusters: list[int] | None = None) -> body.MapOut:
    points = [
        body.MapPoint(
            id=point.id,
            x=float(x),
            y=float(y),
            thumbnail_base64=Fields(point.payload).thumbnail_base64,
            filename=Fields(point.payload).filename or point.id,
            caption=Fields(point.payload).caption,
            cluster_id=None if clusters is None else clusters[number],
            is_outlier=None if clusters is None else clusters[number] == -1,
        )
        for number, (point, (x, y)) in enumerate(zip(found.points, found.plane, strict=True))
    ]
    return body.MapOut(points=points, collection=found.key.collection)


def _clusters(answer: Answer, labels: dict[int, str]) -> dict[int, body.ClusterOut]:
    return {
        number: body.ClusterOut(
            size=each.size, centroid=each.centroid, hull=each.hull, label=labels.get(number)
        )
        for number, each in answer.found.items()
    }


def _box(text: str) -> Box:
    try:
        left, low, right, high = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadRequestError(
            Code.INVALID_REQUEST, "bbox must be four numbers: minX,minY,maxX,maxY"
        ) from error
    return left, low, right, high
