"""Points, filters and payload selections in qdrant-client's own types."""

from collections.abc import Iterable, Sequence

import orjson
from qdrant_client import models

from libs.common.errors import Code, SluiceError
from libs.common.store.filters import Values, by_kind, path_of
from libs.common.store.pages import uuid_of
from libs.common.store.protocol import Filter, PayloadFields, Point
from libs.common.store.vectors import as_matrix


def upsert_body(points: Sequence[Point]) -> bytes:
    """The points as the JSON of one upsert; SluiceError store_rejected for what JSON cannot hold.

    The client's models would check each number of each vector: most of what an upsert costs here. orjson
    writes float32 as such: the shortest digits that give the same number, in half the time.
    """
    batch = {
        "ids": [uuid_of(point.id) for point in points],
        "vectors": as_matrix([point.vector for point in points]),
        "payloads": [point.payload for point in points],
    }
    try:
        return orjson.dumps({"batch": batch}, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError as error:
        raise SluiceError(Code.STORE_REJECTED, f"the store cannot hold this: {error}") from error


def condition_of(where: Filter | None) -> models.Filter | None:
    """The server's filter: all fields must hold, each by any of its values."""
    if where is None:
        return None
    fields = [
        models.Filter(should=list(_matches(path_of(field), by_kind(values))))
        for field, values in where.any_of.items()
    ]
    ranges = [
        models.FieldCondition(key=path_of(field), range=models.Range(gte=bounds.gte, lte=bounds.lte))
        for field, bounds in where.ranges.items()
    ]
    return models.Filter(must=[*fields, *ranges])


def payload_of(fields: PayloadFields) -> bool | list[str]:
    """The server's selection of payload fields."""
    if isinstance(fields, str):
        return fields == "all"
    return [path_of(field) for field in fields]


def _matches(path: str, values: Values) -> Iterable[models.FieldCondition]:
    # An empty list of texts matches nothing, which is what a field equal to none of its values means.
    if values.texts or not (values.integers or values.fractions or values.truths):
        yield models.FieldCondition(key=path, match=models.MatchAny(any=values.texts))
    if values.integers:
        yield models.FieldCondition(key=path, match=models.MatchAny(any=values.integers))
    for truth in values.truths:
        yield models.FieldCondition(key=path, match=models.MatchValue(value=truth))
    for fraction in values.fractions:
        yield models.FieldCondition(key=path, range=models.Range(gte=fraction, lte=fraction))
