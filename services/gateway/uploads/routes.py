"""Ingesting files that come with the request."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.requests import ClientDisconnect

from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.collections.models import Name
from services.gateway.jobs.polling import status_url
from services.gateway.jobs.request_models import CallbackUrlIn
from services.gateway.uploads.models import Uploaded
from services.gateway.uploads.uploads import UploadOptions, Uploads

router = APIRouter(prefix="/ingest", tags=["ingestion"])

All = Annotated[Uploads, Depends(capability(Uploads))]

_FILES: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "minItems": 1,
    "description": "Any number; a name may bring folders along (`updir/sub/b.png`)",
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["files"], "properties": {"files": _FILES}}
            }
        },
    }
}


async def _options(
    collection: Annotated[Name | None, Query(description="Unset: the active one")] = None,
    force: Annotated[bool, Query(description="Reprocess unchanged and cached files")] = False,
    caption: Annotated[bool, Query(description="Whether images get a caption")] = True,
    on_duplicate: Annotated[
        Literal["skip", "store"],
        Query(description="What is done with a file whose content the collection has already"),
    ] = "skip",
    callback_url: CallbackUrlIn = None,
) -> UploadOptions:
    return UploadOptions(collection, force, caption, on_duplicate == "store", callback_url)


@router.post(
    "/upload",
    status_code=202,
    summary="Ingest files that come with the request",
    response_model=Uploaded,
    responses=problems(400, 413, 507),
    openapi_extra=_FORM,
)
async def start_upload(
    uploads: All,
    request: Request,
    response: Response,
    options: Annotated[UploadOptions, Depends(_options)],
) -> Uploaded | Response:
    """Files are written to disk as they come, under names made safe.

    `.DS_Store` and what else a scan would pass over is listed in `ignored`. Where the upload breaks off,
    nothing of it stays. A file whose content the collection has already is `skipped: already_stored` and
    its bytes are not kept, unless `on_duplicate` is `store`, or `force` is set.
    """
    try:
        taken = await uploads.take(request.headers.get("content-type", ""), request.stream(), options)
    except ClientDisconnect:
        # No one reads this, unless the body was over its limit: then a 413 takes its place.
        return Response(status_code=400)
    response.headers["location"] = status_url(taken.request.job_id)
    files = "1 file goes" if taken.accepted == 1 else f"{taken.accepted} files go"
    return Uploaded(
        job_id=str(taken.request.job_id),
        message=f"{files} into collection {taken.request.collection}",
        accepted=taken.accepted,
        ignored=taken.ignored,
        already_stored=taken.already_stored,
    )
