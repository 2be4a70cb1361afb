"""Why a point was found: how like it is, and which words of the query are in which of its fields."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.points.fields import Fields, names
from libs.common.points.words import parts_of

READ = names(
    Fields.caption,
    Fields.title,
    Fields.description,
    Fields.keywords,
    Fields.people,
    Fields.tags,
    Fields.camera,
    Fields.lens,
    Fields.place,
    Fields.filename,
    Fields.full_path,
)
"""The fields that words are looked for in, the most telling first."""


@dataclass(frozen=True, slots=True)
class WordFound:
    """A word of the query, and the field that has it."""

    word: str
    field: str


@dataclass(frozen=True, slots=True)
class Why:
    """`likeness` is the cosine similarity to what was asked for, None where only words were."""

    likeness: float | None
    words: list[WordFound]


def words_found(words: Sequence[str], point: Fields) -> list[WordFound]:
    """Each word of the query that the point has, with the first field that has it."""
    if not words:
        return []
    texts = {field: frozenset(_parts(point.payload.get(field))) for field in READ}
    return [
        WordFound(word, field)
        for word in words
        if (field := next((name for name, found in texts.items() if word in found), None))
    ]


def _parts(value: object) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    return [part for text in texts if isinstance(text, str) for part in parts_of(text)]
