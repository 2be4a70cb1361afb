"""Finding pictures by words where the model has no text side: captions, names, tags and EXIF are read."""

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from libs.common.points.fields import Fields, names
from libs.common.store.protocol import Record, Scored

SEARCHED = (
    *names(Fields.filename, Fields.full_path, Fields.caption, Fields.tags),
    "exif_Image_Make",
    "exif_Image_Model",
    "exif_Image_DateTime",
    "exif_EXIF_DateTimeOriginal",
    "exif_EXIF_LensModel",
)
"""The payload fields that words are looked for in."""

_WEIGHTS = {Fields.caption.name: 1.0, Fields.tags.name: 1.0, Fields.filename.name: 0.8}
_OTHER_WEIGHT = 0.5
BEGINS = 0.5
"""What a word counts that only begins with the one that is looked for."""
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The words of a text, case folded; separators in file names separate words too."""
    return _WORD.findall(text.casefold())


def score(words: Sequence[str], payload: Mapping[str, Any]) -> float:
    """How well a payload matches, from 0 (no word found) to 1 (each word is one of the caption's).

    The mean over the words of the best field that has it; a word that only begins one counts half.
    """
    fields = [(_WEIGHTS.get(field, _OTHER_WEIGHT), _words_in(payload.get(field))) for field in SEARCHED]
    return sum(max(weight * _match(word, found) for weight, found in fields) for word in words) / len(words)


def best(words: Sequence[str], records: Iterable[Record], limit: int) -> list[Scored]:
    """The `limit` best records with a score above 0, best first, ties by id."""
    scored = ((score(words, record.payload), record) for record in records)
    found = heapq.nsmallest(limit, ((-s, record.id, record.payload) for s, record in scored if s > 0))
    return [Scored(id_, -negative, payload) for negative, id_, payload in found]


def weighted_words(payload: Mapping[str, Any]) -> dict[str, float]:
    """Each word of a payload, with the largest weight of the fields that have it."""
    found: dict[str, float] = {}
    for field in SEARCHED:
        weight = _WEIGHTS.get(field, _OTHER_WEIGHT)
        for word in _words_in(payload.get(field)):
            found[word] = max(weight, found.get(word, 0.0))
    return found


def _words_in(value: Any) -> list[str]:
    if isinstance(value, list):
        return [word for item in value for word in words_of(str(item))]
    return words_of(value) if isinstance(value, str) else []


def _match(word: str, found: Sequence[str]) -> float:
    if word in found:
        return 1.0
    return BEGINS if any(other.startswith(word) for other in found) else 0.0
