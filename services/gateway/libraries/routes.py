"""Following places of photos."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Path

from libs.common.control import LibraryState
from libs.common.events import Library
from services.gateway.api.capabilities import capability
from services.gateway.api.clock import utc
from services.gateway.api.models import problems
from services.gateway.api.unread import ReadFields
from services.gateway.jobs.models import Submitted
from services.gateway.libraries import models as body
from services.gateway.libraries.libraries import Libraries

router = APIRouter(prefix="/libraries", tags=["libraries"], route_class=ReadFields)

All = Annotated[Libraries, Depends(capability(Libraries))]
LibraryId = Annotated[UUID, Path(examples=[body.LIBRARY])]


@router.post("", status_code=201, summary="Follow a place of photos", responses=problems(400, 409))
async def add(libraries: All, request: body.LibraryRequest) -> body.LibraryOut:
    """With `watch`, or `rescan`, a first scan begins at once; else POST .../scan does it."""
    library = Library(
        library_id=str(uuid4()),
        name=request.name,
        uri=request.uri,
        collection="",
        exclude=tuple(request.exclude),
        protect=tuple(request.protect),
        watch=request.watch,
        rescan=request.rescan,
        prune=request.prune,
    )
    return _out(await libraries.add(library, request.collection), None)


@router.get("", summary="All libraries", responses=problems())
async def libraries(libraries: All) -> list[body.LibraryOut]:
    """By name; a bare array."""
    return [_out(each, await libraries.state(each)) for each in await libraries.all()]


@router.get("/{library_id}", summary="A library, and how it is followed", responses=problems(404))
async def library(libraries: All, library_id: LibraryId) -> body.LibraryOut:
    """Which scanner follows it, by events or by polling, and when it is scanned next."""
    found = await libraries.get(library_id)
    return _out(found, await libraries.state(found))


@router.patch("/{library_id}", summary="Change how a library is followed", responses=problems(400, 404, 409))
async def change(libraries: All, library_id: LibraryId, request: body.LibraryChange) -> body.LibraryOut:
    """What is not named stays. Where it is watched, it is scanned once more."""
    given = {name: getattr(request, name) for name in request.model_fields_set}
    changes = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None or name == "rescan"
    }
    changed = await libraries.change(library_id, changes)
    return _out(changed, await libraries.state(changed))


@router.delete("/{library_id}", summary="Follow a library no more", responses=problems(404))
async def delete(libraries: All, library_id: LibraryId) -> body.LibraryDeleted:
    """Its points and jobs stay, and so do the files."""
    await libraries.delete(library_id)
    return body.LibraryDeleted(library_id=str(library_id))


@router.post("/{library_id}/scan", status_code=202, summary="Scan a library now", responses=problems(404))
async def scan(
    libraries: All,
    library_id: LibraryId,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Submitted:
    """As a job that compares the whole library with its points."""
    taken = await libraries.scan(library_id, idempotency_key)
    return Submitted(
        job_id=str(taken.job_id),
        message=f"{taken.directory_path} is compared with collection {taken.collection}",
    )


def _out(library: Library, state: LibraryState | None) -> body.LibraryOut:
    return body.LibraryOut(
        library_id=library.library_id,
        name=library.name,
        uri=library.uri,
        collection=library.collection,
        exclude=list(library.exclude),
        protect=list(library.protect),
        watch=library.watch,
        rescan=library.rescan,
        prune=library.prune,
        created_at=library.created_at,
        following=body.FollowedOut() if state is None else _following(library, state),
    )


def _following(library: Library, state: LibraryState) -> body.FollowedOut:
    scanned = None if state.scanned_at is None else utc(state.scanned_at)
    due = None if library.rescan is None or scanned is None else scanned + library.rescan
    return body.FollowedOut(
        followed_by=state.followed_by,
        watching=state.watching,
        error=state.error,
        scanned_at=scanned,
        next_scan_at=due,
        job_id=state.job_id,
    )
