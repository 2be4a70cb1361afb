"""Searching the active collection."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Query, UploadFile

from libs.common.filters import parsing as filters
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.collections.models import Name
from services.gateway.search.models import Hits, SearchQuery
from services.gateway.search.presentation import hits_out
from services.gateway.search.requested import Page, shown
from services.gateway.search.search import Search

router = APIRouter(prefix="/search", tags=["search"], route_class=ReadFields)

Searches = Annotated[Search, Depends(capability(Search))]
Filters = Annotated[str | None, Query(alias="filters", description="As in /search, as JSON")]


@router.post("", summary="Search by a text, by likeness, or list", responses=problems(400, 404))
async def by_text(search: Searches, query: SearchQuery) -> Hits:
    """By meaning and by words where the model reads text (`mode` hybrid, or vector where no image has any of
    the words), else by the words of captions, names, people, places and cameras (`mode` lexical)."""
    where = filters.parse(query.filters)
    page = Page(query.limit, query.offset, where, query.cursor, shown(thumbnails=query.thumbnails))
    return hits_out(await search.find(query, page))


@router.post("/image", summary="Search by a picture", responses=problems(400, 404, 413))
async def by_image(  # noqa: PLR0913, PLR0917 (one parameter an option)
    search: Searches,
    file: Annotated[UploadFile, File(description="A picture in any format that can be ingested")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    filters_json: Filters = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    stacks: Annotated[Literal["cover", "all"], Query(description="As in /search")] = "cover",
    collection: Annotated[Name | None, Query(max_length=255, description="Unset: the active one")] = None,
    thumbnails: Annotated[bool, Query(description="As in /search")] = False,
) -> Hits:
    """The pictures most like it, by cosine similarity."""
    page = Page(limit, offset, filters.parse_json(filters_json), cursor, shown(thumbnails=thumbnails))
    descriptor = await asyncio.to_thread(_descriptor, file)
    return hits_out(await search.by_image(descriptor, page, stacks, collection))


def _descriptor(file: UploadFile) -> int:
    """The open file that the body was spooled to; it is read by a decoder, and not here."""
    file.file.flush()
    return file.file.fileno()
