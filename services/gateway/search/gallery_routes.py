"""A collection as a gallery: lists, counts, and what is like an image."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from libs.common.filters import parsing as filters
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.collections.models import Name
from services.gateway.images.images import Images
from services.gateway.search import models as body
from services.gateway.search.gallery import Gallery
from services.gateway.search.presentation import hits_out, listed_out
from services.gateway.search.requested import Page, shown
from services.gateway.search.routes import Filters, Searches

router = APIRouter(tags=["search"], route_class=ReadFields)

Galleries = Annotated[Gallery, Depends(capability(Gallery))]
Pictures = Annotated[Images, Depends(capability(Images))]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before")]
NEWEST = "-taken_at"
MOST_FIELDS = 20


async def _page(
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Cursor = None,
    offset: Annotated[int, Query(ge=0, le=10_000, description="In place of a cursor")] = 0,
    filters_json: Filters = None,
) -> Page:
    return Page(limit, offset, filters.parse_json(filters_json), cursor)


@router.get(
    "/collections/{name}/images", summary="A collection's images, in an order", responses=problems(404)
)
async def images(
    gallery: Galleries,
    name: Name,
    page: Annotated[Page, Depends(_page)],
    sort: Annotated[str, Query(description="A field, or -field for the largest first")] = NEWEST,
    thumbnails: Annotated[bool, Query(description="Each with its `thumbnail_base64`")] = False,
) -> body.ListedPage:
    """Pages together have every image once, also while others are being stored; without the field, last."""
    return listed_out(await gallery.page(name, sort, page, shown(thumbnails=thumbnails)))


@router.get("/collections/{name}/facets", summary="What fields have, and how often", responses=problems(404))
async def facets(
    gallery: Galleries,
    name: Name,
    fields: Annotated[str, Query(description="Comma-separated", examples=["camera,month,format,place"])],
    limit: Annotated[int, Query(ge=1, le=1000, description="Values of each field")] = 50,
    filters_json: Filters = None,
) -> body.FacetsOut:
    """The most frequent values of each field among the images that fulfil the filters."""
    requested = list(dict.fromkeys(filter(None, map(str.strip, fields.split(",")))))[:MOST_FIELDS]
    where = filters.parse_json(filters_json)
    found = await gallery.facets(name, requested, where, limit)
    counted = {
        field: [body.FacetOut(value=each.value, count=each.count) for each in values]
        for field, values in found.items()
    }
    return body.FacetsOut(facets=counted, total=await gallery.store.count(name, where))


@router.get("/images/{image_id}/similar", summary="The images most like one", responses=problems(404))
async def similar(
    search: Searches,
    pictures: Pictures,
    image_id: UUID,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Cursor = None,
    filters_json: Filters = None,
    thumbnails: Annotated[bool, Query(description="As in /search")] = False,
) -> body.Hits:
    """In the image's own collection, by cosine similarity; never the image itself."""
    found = await pictures.find(image_id, "none")
    where = filters.parse_json(filters_json)
    page = Page(limit, where=where, cursor=cursor, shown=shown(thumbnails=thumbnails))
    return hits_out(await search.like(found.collection, image_id, page))
