"""What a field of a point's payload is: its name, the kind of its values, its index, and what it serves."""

from collections.abc import Collection
from typing import Any, Generic, Literal, Protocol, TypeVar, overload

from libs.common.store.protocol import Payload

Index = Literal["keyword", "integer", "float", "datetime", "geo", "bool", "text"]
"""The kind of index that the store keeps of a field."""

Use = Literal["filter", "sort", "facet"]
"""What clients may do by a field."""

FILTER = frozenset[Use](["filter"])
FACET = FILTER | frozenset[Use](["facet"])
SORT = FILTER | frozenset[Use](["sort"])

T_co = TypeVar("T_co", covariant=True)


class HasPayload(Protocol):
    """What fields are read from and written to."""

    @property
    def payload(self) -> Payload:
        """The payload as the store has it."""


class Field(Generic[T_co]):
    """A descriptor: of the class it is the field itself, of an instance its value, None where there is none.

    Points may have been made by other programs, so a value of another kind is read as none.
    """

    def __init__(self, index: Index | None = None, *, serves: Collection[Use] = FILTER) -> None:
        self.index = index
        self.serves = frozenset(serves)
        self.name = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> "Field[T_co]": ...
    @overload
    def __get__(self, instance: HasPayload, owner: type[Any]) -> T_co | None: ...
    def __get__(self, instance: HasPayload | None, owner: type[Any]) -> "Field[T_co] | T_co | None":
        return self if instance is None else self.read(instance.payload.get(self.name))

    def __set__(self, instance: HasPayload, value: T_co | None) -> None:
        instance.payload[self.name] = value

    def read(self, value: object) -> T_co | None:
        """The value if it is of this field's kind."""
        raise NotImplementedError


class Text(Field[str]):
    """A text."""

    def read(self, value: object) -> str | None:
        """The value if it is a text."""
        return value if isinstance(value, str) else None


class Texts(Field[list[str]]):
    """A list of texts."""

    def read(self, value: object) -> list[str] | None:
        """The texts in the value if it is a list."""
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else None


class Whole(Field[int]):
    """A whole number."""

    def read(self, value: object) -> int | None:
        """The value if it is a whole number, also one that is written as a fraction."""
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


class Number(Field[float]):
    """A number."""

    def read(self, value: object) -> float | None:
        """The value if it is a number."""
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class Flag(Field[bool]):
    """True or false."""

    def read(self, value: object) -> bool | None:
        """The value if it is true or false."""
        return value if isinstance(value, bool) else None


class Mapped(Field[dict[str, Any]]):
    """Values by name."""

    def read(self, value: object) -> dict[str, Any] | None:
        """The value if it is an object."""
        return value if isinstance(value, dict) else None


class Moment(Field[str]):
    """An instant, as ISO 8601 with an offset."""

    def read(self, value: object) -> str | None:
        """The value if it is a text; the store reads it as an instant."""
        return value if isinstance(value, str) else None


class Location(Field[dict[str, float]]):
    """A place on earth: `lat` and `lon` in decimal degrees."""

    def read(self, value: object) -> dict[str, float] | None:
        """The value if it is a place."""
        if not isinstance(value, dict):
            return None
        lat, lon = value.get("lat"), value.get("lon")
        if isinstance(lat, int | float) and isinstance(lon, int | float):
            return {"lat": float(lat), "lon": float(lon)}
        return None
