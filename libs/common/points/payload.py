"""The payload that stores a file: what a PointRecord says of it."""

import base64

from libs.common.ids import display_name
from libs.common.messages import File, PointRecord
from libs.common.points.derived import below_root, derive
from libs.common.points.describing import description_of, set_description
from libs.common.points.exif import exif_fields
from libs.common.points.fields import Fields, names
from libs.common.points.places import Places
from libs.common.points.written import metadata_of, set_metadata
from libs.common.store.protocol import Payload
from sluice.files.formats import RAW_NAMES

VERSION = 4
"""Raised with what a payload holds: a scan makes points of an older version again, out of the cache."""

_OF_PATH = names(Fields.path_base64, Fields.link_target, Fields.etag, Fields.offset)
"""Fields that some paths have and others have not."""


def payload_of(
    record: PointRecord, stored_at: float, places: Places | None = None, before: Fields | None = None
) -> Payload:
    """The payload of the point that stores `record`; `stored_at` in seconds since the epoch.

    `places` tells the town of a photo's location; without them there is none. `before` is the point that is
    made again, read with REMADE: what jobs added to it stays as long as its content is the same.
    """
    point = Fields({})
    set_file(point, record.file)
    _set_content(point, record)
    stated = metadata_of(record)
    set_metadata(point, stated)
    if places is not None and stated.location is not None and (names := places.near(stated.location)):
        point.place = list(names)
    _set_inference(point, record)
    point.stored_at = stored_at
    point.payload_version = VERSION
    point.payload.update(exif_fields(record.content.exif))
    if before is not None:
        _keep(point, before)
    file = record.file
    known = None if file.origin is None or before is None else below_root(before)
    derive(point, known or display_name(file.path[file.root_length :]))
    return point.payload


def _keep(point: Fields, before: Fields) -> None:
    if point.meta is None and before.meta:
        point.meta = before.meta
    if before.file_hash == point.file_hash:
        set_description(point, description_of(before))


def moved(payload: Payload, file: File, stored_at: float) -> Payload:
    """The payload of a point whose content now is at the path of `file`, with nothing else changed."""
    point = Fields({name: value for name, value in payload.items() if name not in _OF_PATH})
    set_file(point, file)
    point.stored_at = stored_at
    derive(point, display_name(file.path[file.root_length :]))
    return point.payload


def set_file(point: Fields, file: File) -> None:
    """What the point says of the file apart from its content."""
    # Not `file.file`: that of an upload is relative, and readers open what they find here.
    full_path = display_name(file.path)
    point.filename = full_path.rpartition("/")[2]
    point.full_path = full_path
    point.size = file.size
    point.mtime_ns = file.mtime_ns
    point.ctime_ns = file.ctime_ns
    if file.offset is not None:
        point.offset = file.offset
    if file.etag:
        point.etag = file.etag
    point.generation = file.generation
    if file.meta:
        point.meta = file.meta
    if file.target is not None:
        point.link_target = display_name(file.target)
    if file.path != full_path.encode():
        point.path_base64 = base64.b64encode(file.path).decode()


def _set_content(point: Fields, record: PointRecord) -> None:
    content = record.content
    point.file_hash = content.sha256
    point.width = content.width
    point.height = content.height
    point.format = content.format
    point.kind = "raw" if content.format.upper() in RAW_NAMES else content.kind
    point.mode = content.mode
    if content.note is not None:
        point.file_note = content.note
    point.thumbnail_base64 = base64.b64encode(content.thumbnail).decode()


def _set_inference(point: Fields, record: PointRecord) -> None:
    inference = record.inference
    point.caption = caption = record.file.given_caption or inference.caption
    point.has_caption = caption is not None
    point.tags = list(inference.tags)
    point.model = inference.model
