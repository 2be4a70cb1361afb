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
    found: dict[str, str] = {}
    for field in READ:
        left = [word for word in words if word not in found]
        if not left:
            break
        parts = frozenset(_parts(point.payload.get(field), left))
        found |= {word: field for word in left if word in parts}
    return [WordFound(word, found[word]) for word in words if word in found]


def _parts(value: object, words: Sequence[str]) -> list[str]:
    """The words of a field's texts, of those that may have one of `words`: most have none."""
    texts = value if isinstance(value, list) else [value]
    return [
        part for text in texts if isinstance(text, str) and _may_have(text, words) for part in parts_of(text)
    ]


def _may_have(text: str, words: Sequence[str]) -> bool:
    """Of ASCII letters no other form can be meant: each word stands in it as it is, but for the case."""
    lowered = text.lower()
    return not text.isascii() or any(word in lowered for word in words)
