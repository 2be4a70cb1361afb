"""Comparing every picture with every other: exact, in blocks, so that memory stays flat.

The matrix may lie on disk (`rows`): no function here copies more of it than a block.

Pure arithmetic on rows of length 1 (or 0, for a vector without a direction, which is like nothing).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from libs.common.store.vectors import Matrix

Numbers = NDArray[np.intp]
"""Rows, by their place in the matrix."""

BLOCK = 2048
"""Rows of a block: 16 MB of similarities at once; smaller ones take longer, in calls and threads."""
SPAN = 8
"""Blocks that a block is compared with before progress is told and a cancel is seen."""
STRIP = 128
"""Rows of a block whose pairs are handed out at once."""
ROUNDING = 1e-6
"""How much a float32 similarity may fall short: of a picture and its copy it is not always 1."""


def unit(vectors: Matrix) -> Matrix:
    """The rows at length 1; those of no length stay as they are."""
    # In float64, since the squares of large float32 coordinates overflow.
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    units: Matrix = np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths > 0).astype(np.float32)
    return units


def blocks(rows: int) -> Iterator[range]:
    """The numbers of all rows, in blocks."""
    return _cut(range(rows), BLOCK)


def spans(rows: int, block: range) -> Iterator[range]:
    """The rows from the block on, in spans of SPAN blocks: what is compared between two looks around."""
    return _cut(range(block.start, rows), SPAN * BLOCK)


def pairs_of(
    units: Matrix, block: range, threshold: float, among: range | None = None
) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of a row of the block and a later one, of those `among`, whose similarity reaches it."""
    mine = units[block.start : block.stop]
    for other in _cut(range(len(units)) if among is None else among, BLOCK):
        if other.start >= block.start:
            near = mine @ units[other.start : other.stop].T >= threshold - ROUNDING
            if other.start == block.start:
                near = np.triu(near, k=1)
            # In strips: of pictures that are all alike a whole block has four million pairs.
            for strip in range(0, len(near), STRIP):
                first, second = np.nonzero(near[strip : strip + STRIP])
                yield first + (block.start + strip), second + other.start


def _cut(rows: range, size: int) -> Iterator[range]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


class Components:
    """Which rows are connected, directly or through others."""

    def __init__(self, rows: int) -> None:
        self._parent: Numbers = np.arange(rows)

    def connect(self, first: Numbers, second: Numbers) -> None:
        """Each of `first` is like its counterpart in `second`."""
        while True:
            one, other = self._parent[first], self._parent[second]
            apart = one != other
            if not apart.any():
                return
            first, second, one, other = first[apart], second[apart], one[apart], other[apart]
            # Each root hangs itself under the smallest it meets; then everybody looks up to the top.
            np.minimum.at(self._parent, np.maximum(one, other), np.minimum(one, other))
            self._flatten()

    def groups(self) -> list[Numbers]:
        """The rows of each component of two or more, ascending."""
        order = np.argsort(self._parent, kind="stable")
        starts = np.flatnonzero(np.diff(self._parent[order])) + 1
        return [group for group in np.split(order, starts) if len(group) > 1]

    def _flatten(self) -> None:
        while True:
            higher = self._parent[self._parent]
            if np.array_equal(higher, self._parent):
                return
            self._parent = higher


def cliques(units: Matrix, threshold: float) -> list[Numbers]:
    """Groups of two or more rows in which every pair reaches the threshold; no row is in two.

    The first row left begins a group and takes in, the most similar to it first, each row that is near all
    that are in the group already.
    """
    found: list[Numbers] = []
    left = np.ones(len(units), dtype=bool)
    for seed in range(len(units)):
        if not left[seed]:
            continue
        left[seed] = False
        similarity = units @ units[seed]
        near = np.flatnonzero(left & (similarity >= threshold - ROUNDING))
        near = near[np.argsort(-similarity[near], kind="stable")]
        group = np.concatenate(([seed], _mutually_near(units, near, threshold)))
        left[group] = False
        if len(group) > 1:
            found.append(np.sort(group))
    return found


def around(units: Matrix, order: Numbers, threshold: float) -> list[Numbers]:
    """Groups of two or more rows in which each reaches the threshold with the first; no row is in two.

    The first row left in `order` begins a group and takes in each row left that is near it.
    """
    found: list[Numbers] = []
    left = np.ones(len(units), dtype=bool)
    for row in order:
        if not left[row]:
            continue
        left[row] = False
        rest = np.flatnonzero(left)
        near = rest[similarity(units, rest, int(row)) >= threshold - ROUNDING]
        left[near] = False
        if len(near):
            found.append(np.concatenate(([row], near)))
    return found


def _mutually_near(units: Matrix, candidates: Numbers, threshold: float) -> Numbers:
    """Those candidates, in order, that are near each one taken before; worked out in blocks."""
    taken: list[Numbers] = []
    while len(candidates):
        head, rest = candidates[:BLOCK], candidates[BLOCK:]
        chosen = head[_greedy(units[head] @ units[head].T >= threshold - ROUNDING)]
        taken.append(chosen)
        candidates = rest[_near_all(units, rest, units[chosen], threshold)]
    return np.concatenate(taken) if taken else candidates


def _near_all(units: Matrix, rows: Numbers, others: Matrix, threshold: float) -> NDArray[np.bool_]:
    """Which of the rows are near every one of the others."""
    near = np.empty(len(rows), dtype=bool)
    for part in blocks(len(rows)):
        mine = units[rows[part.start : part.stop]]
        near[part.start : part.stop] = (mine @ others.T >= threshold - ROUNDING).all(axis=1)
    return near


def similarity(units: Matrix, rows: Numbers, row: int) -> Matrix:
    """The cosine similarity of each of these rows to `row`, read in blocks."""
    found = np.empty(len(rows), dtype=np.float32)
    for part in blocks(len(rows)):
        found[part.start : part.stop] = units[rows[part.start : part.stop]] @ units[row]
    return found


def _greedy(near: NDArray[np.bool_]) -> list[int]:
    """Numbers, in order, each near all those taken before it."""
    taken: list[int] = []
    open_ = np.ones(len(near), dtype=bool)
    for number in range(len(near)):
        if open_[number]:
            taken.append(number)
            open_ &= near[number]
    return taken
