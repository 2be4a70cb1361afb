"""Cursors: where a page ended, as a text that clients hand back."""

import base64
import binascii

import msgspec
from msgspec import Struct

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Cursor, Place
from libs.common.unreadable import UNREADABLE


class Ranked(Struct, frozen=True, array_like=True, tag="r"):
    """A page of a ranking ended with this hit, at this place."""

    score: float
    id: str
    place: int

    @classmethod
    def of(cls, place: Place) -> "Ranked":
        """The store's place."""
        return cls(place.score, place.id, place.place)


class InOrder(Struct, frozen=True, array_like=True, tag="o"):
    """A page of a list in the order `sort` ended with this point."""

    sort: str
    value: float | str | None
    id: str

    @classmethod
    def of(cls, sort: str, cursor: Cursor) -> "InOrder":
        """The cursor of the store, with the order that it belongs to."""
        return cls(sort, cursor.value, cursor.id)

    def after(self, sort: str) -> Cursor:
        """The store's cursor; SluiceError invalid_request if it belongs to another order."""
        if self.sort != sort:
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


def of_ranking(text: str | None) -> Place | None:
    """The place in a cursor of a ranking; SluiceError invalid_request for one of a list."""
    found = decoded(text) if text else None
    if isinstance(found, InOrder):
        raise _wrong()
    return Place(found.score, found.id, found.place) if found else None


def of_order(text: str | None, sort: str) -> Cursor | None:
    """The cursor of a list in this order; SluiceError invalid_request for another."""
    found = decoded(text) if text else None
    if isinstance(found, Ranked):
        raise _wrong()
    return found.after(sort) if found else None


def _wrong() -> SluiceError:
    return SluiceError(
        Code.INVALID_REQUEST, "cursor: not one of this list: take it from `next` of the page before"
    )
