"""An image's data, its thumbnail, and the image itself."""

from contextlib import ExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from libs.common.points.exif import bare_names
from libs.common.points.fields import Fields
from libs.common.points.projections import PLACE
from services.gateway.api.capabilities import capability
from services.gateway.api.models import problems
from services.gateway.images.images import Found, Images, OpenPicture, etag_of, etag_of_file, is_known
from services.gateway.images.models import AnyPoint, ImageOut
from services.gateway.images.ranged import RangedFile

router = APIRouter(prefix="/images", tags=["images"])
at_root = APIRouter(tags=["images"])

All = Annotated[Images, Depends(capability(Images))]
IfNoneMatch = Annotated[str | None, Header()]
_JPEG = {"content": {"image/jpeg": {}}, "description": "The picture"}
_NOT_MODIFIED = {"description": "As the client has it"}
_CACHE = {"cache-control": "private, max-age=60", "x-content-type-options": "nosniff"}


@router.get(
    "/{image_id}/info",
    summary="What is known of an image",
    responses=problems(404),
    response_model_exclude_unset=True,
)
async def info(images: All, image_id: UUID) -> ImageOut:
    """Looked for in the active collection first, then in all. EXIF under its bare names."""
    found = await images.find(image_id, "all")
    point = found.point
    out = ImageOut(
        id=found.id,
        filename=found.filename,
        full_path=found.shown_path or None,
        caption=point.caption,
        tags=point.tags or [],
        has_thumbnail=bool(point.thumbnail_base64),
        exif=bare_names(found.payload),
        collection=found.collection,
        file_hash=point.file_hash,
        width=point.width,
        height=point.height,
        format=point.format,
        mode=point.mode,
        model=point.model,
    )
    return out.model_copy(update=_stated(point))


def _stated(point: Fields) -> dict[str, object]:
    """What people, cameras and readers have said of it, as far as there is any."""
    stated = {
        "title": point.title, "description": point.description, "people": point.people,
        "keywords": point.keywords, "rating": point.rating, "place": point.place, "location": point.location,
        Fields.taken_local.name: point.taken_local, "text": point.picture_text,
        "stack": None if point.stack_cover is None else point.stack,
    }  # fmt: skip
    return {name: value for name, value in stated.items() if value not in (None, [], "")}


@router.get(
    "/{image_id}/thumbnail",
    summary="An image's thumbnail",
    response_class=Response,
    responses={200: _JPEG, 304: _NOT_MODIFIED, **problems(404)},
)
async def thumbnail(images: All, image_id: UUID, if_none_match: IfNoneMatch = None) -> Response:
    """A JPEG of at most 200 pixels a side."""
    data = await images.thumbnail(image_id)
    return _bytes(data, etag_of(data), if_none_match)


@router.get(
    "/{image_id}/image",
    summary="The image itself",
    response_class=Response,
    responses={
        200: _JPEG,
        206: {"description": "A part of it"},
        304: _NOT_MODIFIED,
        **problems(400, 404, 410, 416),
    },
)
async def image(
    images: All,
    image_id: UUID,
    original: Annotated[bool, Query(description="The file as it is, whatever its format")] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The file, by ranges if asked; what browsers cannot show (RAW, TIFF, video) comes as a JPEG."""
    found = await images.find(image_id, PLACE)
    picture = await images.picture(found)
    whole, file = original or picture.media_type is not None, picture.file
    with ExitStack() as unless_served:
        unless_served.callback(file.close)
        etag = etag_of_file(file.identity, "file" if whole else "jpeg")
        if is_known(if_none_match, etag):
            return Response(status_code=304, headers=_CACHE | {"etag": etag})
        if not whole:
            return _bytes(await images.as_jpeg(picture, found.filename), etag, None)
        unless_served.pop_all()
        return _served(found, picture, etag)


@at_root.get("/random", summary="A random image of the active collection", responses=problems(400, 404))
async def random(images: All) -> AnyPoint:
    """Each with about the same chance; 404 while the collection is empty."""
    found = await images.random()
    return AnyPoint(id=found.id, payload=found.payload)


def _served(found: Found, picture: OpenPicture, etag: str) -> Response:
    """The file as it is; the response closes it."""
    return RangedFile(
        picture.file,
        headers=_CACHE | {"etag": etag},
        media_type=picture.original_media_type,
        filename=found.filename,
    )


def _bytes(data: bytes, etag: str, if_none_match: str | None) -> Response:
    headers = _CACHE | {"etag": etag}
    if is_known(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/jpeg", headers=headers)
