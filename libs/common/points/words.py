"""Words of a text as people type them: any Unicode form, case and accents, names taken apart.

What is stored and what is asked go through the same functions, so they meet whatever the store's tokenizer
makes of other scripts. Scripts that write no spaces become one word a character, and a query of several of
them a phrase.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = re.compile(r"[0-9A-Za-z]+")
_PARTS = re.compile(r"\d+|\D+")
_HUMPS = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])")
_TERM = re.compile(r'(?P<minus>(?<!\S)-(?=\S))?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})  # noqa: RUF001
_ACCENTED = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts whose marks are accents; in others they make another word."""
_FUNCTION = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"]
)
"""English words that say nothing of a picture where others do: "a cup of coffee" is no "hen of the woods"."""
_KEPT = 1024
"""Texts whose words are kept: folders, cameras and tags are those of many photos."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: `words` to rank by, `phrases` that must be there, `excluded` that must not."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]


@lru_cache(_KEPT)
def words_of(text: str) -> tuple[str, ...]:
    """The words in their order."""
    return tuple(word for run in _runs(folded(text)) for word in _spaced(run))


@lru_cache(_KEPT)
def parts_of(text: str) -> tuple[str, ...]:
    """The words, then what CamelCase and digits within them stand for where they are written together."""
    words = words_of(text)
    taken_apart = (
        part
        for run in _runs(unicodedata.normalize("NFC", text))
        for part in _PARTS.findall(_HUMPS.sub(" ", run))
    )
    parts = dict.fromkeys(word for part in taken_apart for word in words_of(part))
    return (*words, *(part for part in parts if part not in words))


def parsed(text: str) -> Query:
    """The query in a text: words, "a phrase", -word, -"a phrase"."""
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    for term in _TERM.finditer(text):
        found = words_of(term["phrase"] if term["phrase"] is not None else term["word"])
        if term["minus"]:
            excluded.append(" ".join(found))
        elif term["phrase"] is not None or _UNSPACED.search(term["word"]):
            phrases += [" ".join(found)] if len(found) > 1 else []
            words += found
        else:
            words += parts_of(term["word"])
    telling = [word for word in words if word not in _FUNCTION] or words
    return Query(tuple(dict.fromkeys(telling)), tuple(phrases), tuple(filter(None, excluded)))


def wanted(text: str) -> str:
    """What a query is for, as it is typed: without what it excludes, and without quotes."""
    terms = [term for term in _TERM.finditer(text) if not term["minus"]]
    return " ".join(filter(None, (term["phrase"] or term["word"] for term in terms))).strip()


def joined(texts: Iterable[str | None]) -> str:
    """The text that the store indexes: all words in their order, then the parts of those written together."""
    known = [text for text in texts if text]
    words = [word for text in known for word in words_of(text)]
    written = frozenset(words)
    parts = dict.fromkeys(part for text in known for part in parts_of(text) if part not in written)
    return " ".join([*words, *parts])


def folded(text: str) -> str:
    """Without case, and without accents where they do not make another word."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFC", "".join(map(_unaccented, plain))).translate(_LETTERS)


def _unaccented(letter: str) -> str:
    if letter.isascii():
        return letter
    parts = unicodedata.normalize("NFD", letter)
    is_accented = len(parts) > 1 and unicodedata.name(parts[0], "").startswith(_ACCENTED)
    return parts[0] if is_accented else letter


def _runs(text: str) -> Iterable[str]:
    """What stands between separators."""
    return _PLAIN.findall(text) if text.isascii() else _runs_of_letters(text)


def _runs_of_letters(text: str) -> Iterator[str]:
    run: list[str] = []
    for letter in text:
        if letter.isalnum() or unicodedata.category(letter) in ("Mn", "Mc"):
            run.append(letter)
        elif run:
            yield "".join(run)
            run = []
    if run:
        yield "".join(run)


def _spaced(run: str) -> list[str]:
    return [run] if run.isascii() else _UNSPACED.sub(lambda found: f" {found[0]} ", run).split()
