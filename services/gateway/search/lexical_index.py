"""The words of a collection, held in memory: which points have which word."""

import heapq
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from libs.common.points.fields import Fields
from libs.common.store.protocol import Record
from services.gateway.search.lexical import BEGINS, weighted_words


class Index:
    """Ranks as `lexical.score` does. A point that comes again takes the place of its former self.

    Points are numbered as they come; a number whose point has another one by now is dead. Threads may share
    it.
    """

    def __init__(self) -> None:
        self.newest = 0.0
        """When the last of its points was stored (seconds since the epoch)."""
        self._ids: list[str] = []
        self._stored: list[float] = []
        self._numbers: dict[str, int] = {}
        self._postings: dict[float, dict[str, array[int]]] = {}
        """By weight and word."""
        self._sorted: list[str] | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def is_worn(self) -> bool:
        """Whether most of its numbers are dead, and it should be recreated."""
        return len(self._ids) > 2 * len(self._numbers) + 1000

    def add(self, records: Iterable[Record]) -> None:
        """Take in points, those that it has as they are for nothing."""
        with self._lock:
            self._add(records)

    def _add(self, records: Iterable[Record]) -> None:
        for record in records:
            stored = Fields(record.payload).stored_at or 0.0
            known = self._numbers.get(record.id)
            if known is None or not stored or self._stored[known] != stored:
                self._put(record, stored)

    def drop(self, ids: Iterable[str]) -> None:
        """Forget points."""
        with self._lock:
            for each in ids:
                self._numbers.pop(each, None)

    def best(self, words: Sequence[str], limit: int) -> list[tuple[float, str]]:
        """The `limit` best scores above 0 and their ids, best first, ties by id."""
        with self._lock:
            return self._best(words, limit)

    def _best(self, words: Sequence[str], limit: int) -> list[tuple[float, str]]:
        totals: dict[int, float] = {}
        for word in words:
            for number, weight in self._found(word).items():
                totals[number] = totals.get(number, 0.0) + weight
        alive = (
            (-total / len(words), id_)
            for number, total in totals.items()
            if self._numbers.get(id_ := self._ids[number]) == number
        )
        return [(-score, id_) for score, id_ in heapq.nsmallest(limit, alive)]

    def _put(self, record: Record, stored: float) -> None:
        number = self._numbers[record.id] = len(self._ids)
        self._ids.append(record.id)
        self._stored.append(stored)
        self.newest = max(self.newest, stored)
        for word, weight in weighted_words(record.payload).items():
            words = self._postings.setdefault(weight, {})
            if word not in words:
                words[word] = array("I")
                self._sorted = None
            words[word].append(number)

    def _found(self, word: str) -> dict[int, float]:
        """The best weight of the word in each point that has it."""
        found: dict[int, float] = {}
        for other in self._beginning_with(word):
            share = 1.0 if other == word else BEGINS
            for weight, words in self._postings.items():
                worth = share * weight
                for number in words.get(other, ()):
                    if found.get(number, 0.0) < worth:
                        found[number] = worth
        return found

    def _beginning_with(self, word: str) -> Iterator[str]:
        if self._sorted is None:
            self._sorted = sorted(set[str]().union(*self._postings.values()))
        for at in range(bisect_left(self._sorted, word), len(self._sorted)):
            if not self._sorted[at].startswith(word):
                return
            yield self._sorted[at]
