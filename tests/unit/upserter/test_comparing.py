import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from libs.common.store.vectors import Matrix
from services.upserter.tasks import comparing
from services.upserter.tasks.comparing import Components, Numbers, blocks, cliques, pairs_of, unit

THRESHOLD = 0.95


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows fill several."""
    monkeypatch.setattr(comparing, "BLOCK", 7)


def near_copies(seed: int, rows: int, sources: int, noise: float) -> Matrix:
    """Rows around a few directions, so that many pairs lie on both sides of the threshold."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(sources, 8))
    rows_of = centres[random.integers(0, sources, rows)]
    return (rows_of + noise * random.normal(size=(rows, 8))).astype(np.float32)


def cosines(vectors: Matrix) -> list[list[float]]:
    """Each with each, the slow way."""
    exact = [[float(x) for x in row] for row in vectors]

    def cosine(a: list[float], b: list[float]) -> float:
        lengths = np.hypot.reduce(a) * np.hypot.reduce(b)
        return sum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0

    return [[cosine(a, b) for b in exact] for a in exact]


def connected(near: list[set[int]]) -> set[frozenset[int]]:
    """Components of two or more, by walking from row to row."""
    seen: set[int] = set()
    found: set[frozenset[int]] = set()
    for start in range(len(near)):
        if start in seen:
            continue
        reached, front = {start}, [start]
        while front:
            front = [other for row in front for other in near[row] if other not in reached]
            reached |= set(front)
        seen |= reached
        found.add(frozenset(reached))
    return {group for group in found if len(group) > 1}


def neighbours(vectors: Matrix, threshold: float) -> list[set[int]]:
    return [
        {other for other, score in enumerate(row) if other != number and score >= threshold}
        for number, row in enumerate(cosines(vectors))
    ]


def decided(scores: list[list[float]]) -> bool:
    """Whether float32 can tell on which side of the threshold every pair lies."""
    return all(abs(score - THRESHOLD) > 1e-5 for row in scores for score in row)


def components(vectors: Matrix) -> set[frozenset[int]]:
    units, found = unit(vectors), Components(len(vectors))
    for block in blocks(len(units)):
        for first, second in pairs_of(units, block, THRESHOLD):
            found.connect(first, second)
    return sets(found.groups())


def sets(groups: list[Numbers]) -> set[frozenset[int]]:
    return {frozenset(group.tolist()) for group in groups}


vectors = st.builds(
    near_copies,
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 60),
    sources=st.integers(1, 20),
    noise=st.sampled_from([0.0, 0.1, 0.3, 0.5]),
)


@given(vectors)
@settings(max_examples=60)
def test_components_are_those_of_brute_force(found: Matrix) -> None:
    assume(decided(cosines(found)))
    assert components(found) == connected(neighbours(found, THRESHOLD))


@given(vectors)
@settings(max_examples=60)
def test_in_a_clique_every_pair_is_near_and_nothing_near_all_is_left_out(found: Matrix) -> None:
    near, scores = neighbours(found, THRESHOLD), cosines(found)
    assume(decided(scores))
    groups = sets(cliques(unit(found), THRESHOLD))

    taken = [row for group in groups for row in group]
    assert len(taken) == len(set(taken))
    for group in groups:
        assert all(other in near[row] for row in group for other in group if other != row)
        free = set(range(len(found))) - set(taken)
        assert not any(group <= near[row] for row in free)
    assert groups == greedy(near, scores)


def greedy(near: list[set[int]], scores: list[list[float]]) -> set[frozenset[int]]:
    """The rule of `cliques`, one row after another."""
    left, found = set(range(len(near))), set()
    for seed in range(len(near)):
        if seed not in left:
            continue
        group = {seed}
        # Scores as far as float32 tells them apart; equal ones in the order of their rows.
        for other in sorted(near[seed] & left, key=lambda row: (-round(scores[seed][row], 5), row)):
            if group <= near[other]:
                group.add(other)
        left -= group
        if len(group) > 1:
            found.add(frozenset(group))
    return found


def test_a_chain_is_one_component_and_several_cliques() -> None:
    angles = np.arange(40) * 0.3
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)[:10]

    assert components(chain) == {frozenset(range(10))}
    assert {len(group) for group in sets(cliques(unit(chain), THRESHOLD))} == {2}


def test_a_copy_is_found_at_the_threshold_of_one() -> None:
    row = np.random.default_rng(1).normal(size=(1, 512)).astype(np.float32)
    copies = unit(np.repeat(row, 20, axis=0))

    assert sets(cliques(copies, 1.0)) == {frozenset(range(20))}


def test_what_has_no_direction_is_like_nothing() -> None:
    assert components(np.zeros((5, 3), np.float32)) == set()


def test_large_numbers_have_a_direction_too() -> None:
    large = np.array([[3e38, 3e38], [1e-30, 1e-30], [3e38, -3e38]], np.float32)

    assert components(large) == {frozenset({0, 1})}
