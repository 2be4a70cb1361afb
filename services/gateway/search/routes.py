"""Searching the active collection."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, UploadFile

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.search import filters
from services.gateway.search.models import Hit, Hits, TextQuery
from services.gateway.search.search import Hits as Found
from services.gateway.search.search import Page, Search

router = APIRouter(prefix="/search", tags=["search"])

Searches = Annotated[Search, Depends(capability(Search))]


@router.post("", summary="Search by a text", responses=problems(400))
async def by_text(search: Searches, query: TextQuery) -> Hits:
    """By meaning where the model understands text (`mode` vector), else by the words of captions, names
    and EXIF (`mode` lexical)."""
    page = Page(query.limit, query.offset, filters.parse(query.filters))
    return _hits(await search.by_text(query.query, page))


@router.post("/image", summary="Search by a picture", responses=problems(400, 413))
async def by_image(
    search: Searches,
    file: Annotated[UploadFile, File(description="A picture in any format that can be ingested")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    filters_json: Annotated[str | None, Query(alias="filters", description="As in /search, as JSON")] = None,
) -> Hits:
    """The pictures most like it, by cosine similarity."""
    page = Page(limit, offset, filters.parse_json(filters_json))
    return _hits(await search.by_image(await asyncio.to_thread(_descriptor, file), page))


def _descriptor(file: UploadFile) -> int:
    """The open file that the body was spooled to; it is read by a decoder, and not here."""
    file.file.flush()
    return file.file.fileno()


def _hits(found: Found) -> Hits:
    results = [Hit(id=hit.id, score=hit.score, payload=hit.payload) for hit in found.found]
    return Hits(results=results, mode=found.mode, model=found.model, complete=found.complete)
