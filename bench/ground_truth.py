"""How right the duplicates are: `python -m bench.ground_truth` prints the tables of docs/duplicates.md.

Precision: of the pairs that a report shows or advises on, those that are copies of one picture. Recall: of
the pictures that are copies of another, those that are shown or advised on next to one of their own.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.known_families import Known, known
from libs.common.duplicates.look import Look, are_same, look_at
from libs.common.store.vectors import Matrix
from services.ml.lite.lite import LiteBackend
from services.upserter.tasks.comparing import Components, around, blocks, cliques, pairs_of, unit

THRESHOLDS = (0.90, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Score:
    """How many pairs, how many of them are right, and how many of the copies are in one."""

    pairs: int
    right: int
    found: int
    copies: int

    def __str__(self) -> str:
        precision = self.right / self.pairs if self.pairs else 1.0
        return f"{precision:.3f} / {self.found / self.copies:.3f}"


def main() -> int:
    """Print the tables in Markdown."""
    pictures = known()
    lite, looks = LiteBackend(), [look_at(each.thumbnail) for each in pictures]
    vectors = [lite.prepare(each.jpeg, caption=False).embedding for each in pictures]
    units = unit(np.asarray(vectors, dtype=np.float32))
    print(f"{len(pictures)} pictures; precision / recall\n")
    print("| threshold | keeper | strict | similar | advised, keeper |\n|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        print(f"| {threshold} | " + " | ".join(_row(pictures, looks, units, threshold)) + " |")
    print("\nRecall of the advice by change, and pairs of different pictures it takes for one, at 0.9:\n")
    advised = list(_advised(_keeper_pairs(pictures, units, 0.9), looks))
    _by_change(pictures, advised)
    return 0


def _row(
    pictures: Sequence[Known], looks: Sequence[Look | None], units: Matrix, threshold: float
) -> Iterator[str]:
    components = Components(len(units))
    for block in blocks(len(units)):
        for first, second in pairs_of(units, block, threshold):
            components.connect(first, second)
    keeper = list(_keeper_pairs(pictures, units, threshold))
    yield str(_score(pictures, keeper))
    yield str(_score(pictures, (pair for group in cliques(units, threshold) for pair in _all(group))))
    yield str(_score(pictures, (pair for group in components.groups() for pair in _all(group))))
    yield str(_score(pictures, _advised(keeper, looks)))


def _keeper_pairs(pictures: Sequence[Known], units: Matrix, threshold: float) -> Iterator[Pair]:
    order = sorted(range(len(pictures)), key=lambda number: (-pictures[number].area, number))
    for first, *others in around(units, np.array(order, dtype=np.intp), threshold):
        yield from ((int(first), int(other)) for other in others)


def _all(group: Iterable[np.intp]) -> Iterator[Pair]:
    return combinations(map(int, group), 2)


def _advised(pairs: Iterable[Pair], looks: Sequence[Look | None]) -> Iterator[Pair]:
    for one, other in pairs:
        first, second = looks[one], looks[other]
        if first is not None and second is not None and are_same(first, second):
            yield one, other


def _score(pictures: Sequence[Known], pairs: Iterable[Pair]) -> Score:
    families = Counter(each.family for each in pictures)
    every, right, found = 0, 0, set[int]()
    for one, other in pairs:
        every += 1
        if pictures[one].family == pictures[other].family:
            right += 1
            found |= {one, other}
    copies = sum(count for count in families.values() if count > 1)
    return Score(every, right, len(found), copies)


def _by_change(pictures: Sequence[Known], advised: Sequence[Pair]) -> None:
    all_, found, wrong = Counter(each.change for each in pictures), Counter[str](), Counter[str]()
    for one, other in advised:
        if pictures[one].family == pictures[other].family:
            found[pictures[other].change] += 1
        else:
            wrong[f"{pictures[one].change}, {pictures[other].change}"] += 1
    print("| change | pictures | advised |\n|---|---|---|")
    for change, count in all_.items():
        print(f"| {change} | {count} | {found[change]} |")
    print("\nwrong: " + (", ".join(f"{what}: {count}" for what, count in wrong.items()) or "none"))


if __name__ == "__main__":
    sys.exit(main())
