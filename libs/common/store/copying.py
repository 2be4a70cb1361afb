"""Taking points from one collection into another."""

import base64
from math import inf

from libs.common.ids import file_id
from libs.common.store.protocol import Point, Record

STORED_AT = "stored_at"


def copied(record: Record, collection: str, generation: str) -> Point:
    """The point as it is in that generation of another collection; `record` was read with its vector.

    Its id is the one that the file would get there: ids tell collections apart, and ingesting the file
    again overwrites the copy.
    """
    payload = record.payload | {"generation": generation}
    return Point(file_id(collection, _path_of(record)), record.vector or [], payload)


def stored_at(record: Record) -> float:
    """When the file was stored, in seconds since the epoch; a point that does not say was before all."""
    value = record.payload.get(STORED_AT)
    return float(value) if isinstance(value, int | float) else -inf


def _path_of(record: Record) -> bytes:
    """What the file is called; a point that somebody else made without a path goes by its id."""
    if encoded := record.payload.get("path_base64"):
        return base64.b64decode(encoded)
    path = record.payload.get("full_path")
    return path.encode() if isinstance(path, str) and path else record.id.encode()
