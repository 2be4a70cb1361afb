"""Which fields a read brings along: thumbnails are large, so every reader names what it uses."""

from libs.common.points.fields import Fields, names

RESCAN = names(
    Fields.size,
    Fields.mtime_ns,
    Fields.ctime_ns,
    Fields.etag,
    Fields.generation,
    Fields.model,
    Fields.stored_at,
    Fields.has_caption,
    Fields.payload_version,
    Fields.caption,
    Fields.meta,
    Fields.caption_model,
    Fields.text_model,
)
"""What decides whether a stored file has changed since; and its caption, which a report has."""

FILE = names(
    Fields.full_path,
    Fields.path_base64,
    Fields.link_target,
    Fields.size,
    Fields.mtime_ns,
    Fields.ctime_ns,
    Fields.etag,
    Fields.offset,
)
"""The file of a point, for a job that goes through it again."""

REMADE = names(
    Fields.file_hash,
    Fields.full_path,
    Fields.search_text,
    Fields.meta,
    Fields.caption,
    Fields.caption_model,
    Fields.picture_text,
    Fields.text_model,
)
"""What a point that is made again keeps of the one before."""

SYNC = RESCAN + names(Fields.full_path, Fields.path_base64, Fields.file_hash)
"""What tells whether a file is still there, has changed, or has another path now."""

GONE = names(Fields.full_path, Fields.path_base64, Fields.stored_at)
"""Where a file was that may be gone, and since when its point is there."""

SEARCH = names(
    Fields.filename,
    Fields.full_path,
    Fields.caption,
    Fields.tags,
    Fields.file_hash,
    Fields.width,
    Fields.height,
    Fields.format,
)
"""A hit of a search; its thumbnail has a URL of its own."""

TILE = SEARCH + names(Fields.thumbnail_base64)
"""Likewise, for a gallery that would otherwise ask for each thumbnail by itself."""

SAMPLE = names(Fields.filename, Fields.caption, Fields.thumbnail_base64)
"""A first look at a collection."""

SHOWN = names(Fields.filename, Fields.thumbnail_base64)
"""A picture in a list."""

PLACE = names(
    Fields.filename,
    Fields.full_path,
    Fields.path_base64,
    Fields.format,
    Fields.file_hash,
    Fields.size,
    Fields.offset,
)
"""The file behind a point, and how to serve it."""

CHOICE = names(
    Fields.width,
    Fields.height,
    Fields.format,
    Fields.full_path,
    Fields.path_base64,
    Fields.link_target,
    Fields.taken_at,
    Fields.taken_local,
    Fields.rating,
    Fields.people,
    Fields.keywords,
)
"""What decides which of several copies is kept, besides EXIF; copies of one content share the EXIF."""

COPY = names(Fields.file_hash, Fields.filename) + CHOICE
"""A copy in a group of copies."""

MOVE = names(Fields.file_hash, Fields.stack) + CHOICE
"""What a plan of moves needs."""

KEPT = names(
    Fields.file_hash,
    Fields.full_path,
    Fields.path_base64,
    Fields.link_target,
    Fields.size,
    Fields.mtime_ns,
)
"""What tells whether a content is still where it was stored from."""
