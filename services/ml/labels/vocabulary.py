"""Which classes a person's words mean."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

_HERE = Path(__file__).parent
_IGNORED = frozenset((_HERE / "ignored.txt").read_text().split())
_CLOSE = 0.75
"""How alike two words are spelled to be taken for each other (difflib's ratio)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was made of a text: the classes of each of its known words, and what was guessed."""

    words: tuple[frozenset[int], ...]
    note: str | None = None
    """What was taken for what, and what is not known, as a sentence; None where every word is known."""


class Vocabulary:
    """The names of the classes, and everyday words for groups of them."""

    def __init__(self) -> None:
        self.classes: Sequence[str] = (_HERE / "classes.txt").read_text().splitlines()

    @cached_property
    def words(self) -> dict[str, frozenset[int]]:
        """The classes of each known word."""
        found: dict[str, set[int]] = {}
        for number, name in enumerate(self.classes):
            for word in words_of(name):
                found.setdefault(word, set()).add(number)
        for line in _lines(_HERE / "words.txt"):
            word, *ranges = line.split()
            found.setdefault(singular(word), set()).update(_numbers(ranges))
        return {word: frozenset(numbers) for word, numbers in found.items()}

    def meaning(self, text: str) -> Meaning:
        """What `text` means; no words where none of it is known."""
        known, notes = dict[str, frozenset[int]](), []
        for word in words_of(text):
            if found := self.words.get(word) or self.words.get(singular(word)):
                known[word] = found
            elif close := get_close_matches(word, self.words, n=1, cutoff=_CLOSE):
                known[word] = self.words[close[0]]
                notes.append(f"took {word!r} for {close[0]!r}")
            else:
                notes.append(f"does not know {word!r}")
        return Meaning(_narrowed(list(known.values())), "; ".join(notes) or None)


def words_of(text: str) -> list[str]:
    """The words that mean something, lower case, in the singular."""
    return [singular(word) for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _IGNORED]


def singular(word: str) -> str:
    """The word without the ending of a regular English plural."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _narrowed(words: Sequence[frozenset[int]]) -> tuple[frozenset[int], ...]:
    """The classes that all the words share, where there are any: "red fox" is one thing."""
    if len(words) > 1 and (shared := frozenset.intersection(*words)):
        return (shared,)
    return tuple(words)


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def _numbers(ranges: Sequence[str]) -> Iterator[int]:
    for each in ranges:
        first, _, last = each.partition("-")
        yield from range(int(first), int(last or first) + 1)
