"""Points, filters and payload selections in qdrant-client's own types."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import cast

import orjson
from qdrant_client import models

from libs.common.errors import Code, SluiceError
from libs.common.points.field import Index
from libs.common.store.filters import Values, by_kind, parts_of, path_of
from libs.common.store.pages import uuid_of
from libs.common.store.protocol import Box, Circle, Filter, PayloadFields, Point, Record, Words
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
    """The server's filter: all conditions must hold."""
    if where is None:
        return None
    return models.Filter(
        must=list(_musts(where)),
        should=[_nested(each) for each in where.either] or None,
        must_not=[*map(_empty, where.has), *map(_nested, where.none_of)],
    )


def index_of(kind: Index, *, ranks: bool) -> models.PayloadSchemaType | models.TextIndexParams:
    """The index of a field of this kind; of texts one that ranks where the server can."""
    if kind != "text":
        return models.PayloadSchemaType(kind)
    return models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=models.TokenizerType.WORD,
        lowercase=True,
        ascii_folding=True,
        phrase_matching=True,
        scoring=True if ranks else None,
    )


def payload_of(fields: PayloadFields) -> bool | list[str]:
    """The server's selection of payload fields."""
    if isinstance(fields, str):
        return fields == "all"
    return [path_of(field) for field in fields]


def record_of(found: models.Record) -> Record:
    """A record that the server gave; ours have one unnamed vector."""
    vector = cast("list[float] | None", found.vector)
    return Record(id=str(found.id), payload=found.payload or {}, vector=vector)


def _musts(where: Filter) -> Iterator[models.Condition]:
    for field, values in where.any_of.items():
        yield models.Filter(should=list(_matches(path_of(field), by_kind(values))))
    for field, bounds in where.ranges.items():
        yield models.FieldCondition(key=path_of(field), range=models.Range(**asdict(bounds)))
    for field, dates in where.dates.items():
        yield models.FieldCondition(key=path_of(field), range=models.DatetimeRange(**asdict(dates)))
    for field, circle in where.near.items():
        yield models.FieldCondition(key=path_of(field), geo_radius=_circle(circle))
    for field, box in where.within.items():
        yield models.Filter(
            should=[
                models.FieldCondition(key=path_of(field), geo_bounding_box=_box(part))
                for part in parts_of(box)
            ]
        )
    for field, words in where.words.items():
        yield models.FieldCondition(key=path_of(field), match=_words(words))
    yield from map(_empty, where.missing)
    yield from map(_nested, where.every)


def _nested(where: Filter) -> models.Filter:
    return condition_of(where) or models.Filter()


def _empty(field: str) -> models.IsEmptyCondition:
    return models.IsEmptyCondition(is_empty=models.PayloadField(key=path_of(field)))


def _circle(circle: Circle) -> models.GeoRadius:
    return models.GeoRadius(center=models.GeoPoint(lon=circle.lon, lat=circle.lat), radius=circle.metres)


def _box(box: Box) -> models.GeoBoundingBox:
    return models.GeoBoundingBox(
        top_left=models.GeoPoint(lon=box.west, lat=box.north),
        bottom_right=models.GeoPoint(lon=box.east, lat=box.south),
    )


def _words(words: Words) -> models.Match:
    match words.how:
        case "all":
            return models.MatchText(text=words.text)
        case "any":
            return models.MatchTextAny(text_any=words.text)
        case "phrase":
            return models.MatchPhrase(phrase=words.text)


def _matches(path: str, values: Values) -> Iterator[models.FieldCondition]:
    # An empty list of texts matches nothing, which is what a field equal to none of its values means.
    if values.texts or not (values.integers or values.fractions or values.truths):
        yield models.FieldCondition(key=path, match=models.MatchAny(any=values.texts))
    if values.integers:
        yield models.FieldCondition(key=path, match=models.MatchAny(any=values.integers))
    for truth in values.truths:
        yield models.FieldCondition(key=path, match=models.MatchValue(value=truth))
    for fraction in values.fractions:
        yield models.FieldCondition(key=path, range=models.Range(gte=fraction, lte=fraction))
