"""Listing the files of a collection's points, page by page, by the store's cursor."""

from collections.abc import AsyncIterator

from libs.common import ids
from libs.common.events import PointsSource
from libs.common.filters.parsing import parse
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.points.projections import FILE
from libs.common.runtime.service import Health
from libs.common.sources.entries import NO_EXTRA, Extra
from libs.common.store.protocol import Record, Store
from services.scanner.jobs.changelog import JobRecord
from services.scanner.listing.entries import Spooled
from services.scanner.outbox import until_available

PAGE = 1000


async def listed_points(
    record: JobRecord, source: PointsSource, store: Store, health: Health
) -> AsyncIterator[list[Spooled | None]]:
    """The files of the points, a page at a time; waits while the store is away.

    Raises SluiceError collection_not_found, or invalid_request for filters that are none. A point that
    another program stored without a path has no file: None.
    """
    where, after = parse(source.filters), None
    while True:
        # Bound here, since `after` changes while the call may be tried again.
        start = after
        page, after = await until_available(
            lambda start=start: store.scroll(  # type: ignore[misc]
                source.collection, limit=PAGE, after=start, where=where, payload=FILE
            ),
            health,
        )
        yield [_file(record, source, each) for each in page]
        if after is None:
            return


def _file(record: JobRecord, source: PointsSource, found: Record) -> Spooled | None:
    point = Fields(found.payload)
    path = path_of(point)
    if path is None:
        return None
    own = source.collection == record.collection
    return Spooled(
        file_id=found.id if own else ids.file_id(record.collection or "", path),
        path=path,
        size=point.size or 0,
        mtime_ns=point.mtime_ns or 0,
        ctime_ns=point.ctime_ns or 0,
        etag=point.etag or "",
        extra=NO_EXTRA if point.offset is None else Extra(offset=point.offset),
    )
