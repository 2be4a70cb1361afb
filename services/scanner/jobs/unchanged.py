"""Whether a stored point is what processing its file would give."""

from libs.common.points.fields import Fields
from libs.common.points.payload import VERSION
from libs.common.sources.source import UNKNOWN
from services.scanner.jobs.changelog import JobRecord
from services.scanner.jobs.files import meta_of
from services.scanner.listing.entries import Spooled

RACY_S = 2.0
"""The coarsest clock of a file system: two writes this close may leave the same time behind."""


def is_unchanged(record: JobRecord, file: Spooled, point: Fields, model: str) -> bool:
    """Whether the stored point (read with RESCAN) is what processing the file would give."""
    stored_at = point.stored_at or 0.0
    return (
        _is_as_stored(file, point, stored_at)
        and (point.generation, point.model, point.payload_version) == (record.generation, model, VERSION)
        and stored_at > record.cache_cleared_at
        and (bool(point.has_caption) or not record.request.caption)
        and (point.meta or {}) == (meta_of(record, file) or point.meta or {})
        and file.extra.caption in (None, point.caption)
    )


def _is_as_stored(file: Spooled, point: Fields, stored_at: float) -> bool:
    """A file written within RACY_S of being stored may have changed without its times showing it."""
    has_etag = bool(file.etag or point.etag)
    quiet = has_etag or max(file.mtime_ns, file.ctime_ns) / 1e9 < stored_at - RACY_S
    return has_its_times(file, point) and quiet


def has_its_times(file: Spooled, point: Fields) -> bool:
    """Whether the point (read with RESCAN) has the present size and times, or etag, of the file."""
    if file.etag or point.etag:
        return file.etag != UNKNOWN and (point.size, point.etag) == (file.size, file.etag)
    return (point.size, point.mtime_ns, point.ctime_ns) == (file.size, file.mtime_ns, file.ctime_ns)


def is_described(record: JobRecord, point: Fields) -> bool:
    """Whether the stored point (read with RESCAN) has all that the job adds."""
    has = {"caption": point.caption_model, "text": point.text_model}
    return point.generation == record.generation and all(has[each] is not None for each in record.want)
