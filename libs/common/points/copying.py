"""Taking points from one collection into another."""

from math import inf

from libs.common.ids import file_id
from libs.common.points.fields import Fields
from libs.common.points.paths import path_of
from libs.common.store.protocol import Point, Record


def copied(record: Record, collection: str, generation: str) -> Point:
    """The point as it is in that generation of another collection; `record` was read with its vector.

    Its id is the one that the file would get there: ids tell collections apart, and ingesting the file
    again overwrites the copy.
    """
    copy = Fields(dict(record.payload))
    copy.generation = generation
    # A point that somebody else made without a path goes by its id.
    path = path_of(copy) or record.id.encode()
    return Point(file_id(collection, path), record.vector or [], copy.payload)


def stored_at(record: Record) -> float:
    """When the file was stored, in seconds since the epoch; a point that does not say was before all."""
    value = Fields(record.payload).stored_at
    return -inf if value is None else value
