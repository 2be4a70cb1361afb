"""Cursors: where a page ended, as a text that clients hand back."""

import base64
import binascii
from datetime import datetime
from typing import Annotated
from zlib import crc32

import msgspec
from msgspec import Meta, Struct

from libs.common.errors import Code, SluiceError
from libs.common.points.field import Moment
from libs.common.points.fields import FIELDS
from libs.common.store.protocol import Cursor, Place
from libs.common.unreadable import UNREADABLE

Id = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
DEEPEST = 10_000_000
"""The last place that a cursor may name: a store makes room for all hits up to it."""


class Ranked(Struct, frozen=True, array_like=True, tag="r"):
    """A page of a ranking ended with this hit, at this place."""

    score: float
    id: Id
    place: Annotated[int, Meta(ge=0, le=DEEPEST)]
    asked: int | None = None
    """The digest of what was looked for; None in a cursor of an earlier release."""

    @classmethod
    def of(cls, place: Place, asked: int) -> "Ranked":
        """The store's place, with the ranking that it belongs to."""
        return cls(place.score, place.id, place.place, asked)

    def after(self, asked: int) -> Place:
        """The store's place; SluiceError invalid_request if it belongs to another ranking."""
        if self.asked not in (asked, None):
            raise _wrong()
        return Place(self.score, self.id, self.place)


class InOrder(Struct, frozen=True, array_like=True, tag="o"):
    """A page of a list in the order `sort` ended with this point."""

    sort: str
    value: float | str | None
    id: Id

    @classmethod
    def of(cls, sort: str, cursor: Cursor) -> "InOrder":
        """The cursor of the store, with the order that it belongs to."""
        return cls(sort, cursor.value, cursor.id)

    def after(self, sort: str) -> Cursor:
        """The store's cursor; SluiceError invalid_request if it belongs to another order."""
        if self.sort != sort or not _is_value(sort, self.value):
            raise _wrong()
        return Cursor(self.value, self.id)


AnyCursor = Ranked | InOrder

_decoder: msgspec.json.Decoder[AnyCursor] = msgspec.json.Decoder(AnyCursor)


def encoded(cursor: AnyCursor) -> str:
    """The cursor as a text that fits in an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decoded(text: str) -> AnyCursor:
    """The cursor in a text; SluiceError invalid_request if there is none."""
    try:
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found: AnyCursor = _decoder.decode(body)
    except (binascii.Error, *UNREADABLE) as error:
        raise _wrong() from error
    return found


def digest(kind: str, asked: str) -> int:
    """Tells rankings apart; short, as cursors are parts of addresses."""
    return crc32(f"{kind} {asked}".encode())


def of_ranking(text: str | None, asked: int) -> Place | None:
    """The place in a cursor of this ranking; SluiceError invalid_request for another, or one of a list."""
    found = decoded(text) if text else None
    if isinstance(found, InOrder):
        raise _wrong()
    return found.after(asked) if found else None


def of_order(text: str | None, sort: str) -> Cursor | None:
    """The cursor of a list in this order; SluiceError invalid_request for another."""
    found = decoded(text) if text else None
    if isinstance(found, Ranked):
        raise _wrong()
    return found.after(sort) if found else None


def _is_value(sort: str, value: float | str | None) -> bool:
    """Whether points can have been left off at this value."""
    if value is None:
        return True
    if isinstance(FIELDS.get(sort.removeprefix("-")), Moment):
        return isinstance(value, str) and _is_instant(value)
    return sort != "" and not isinstance(value, str)


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _wrong() -> SluiceError:
    return SluiceError(
        Code.INVALID_REQUEST, "cursor: not one of this list: take it from `next` of the page before"
    )
