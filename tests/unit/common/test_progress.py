"""Commits may only move over what is done, in whatever order batches end."""

from hypothesis import given
from hypothesis import strategies as st

from libs.common.kafka.runner.progress import Progress


def model(taken: list[int], done: set[int]) -> int | None:
    """The offset to commit, the slow and obvious way: one past the done prefix."""
    prefix = None
    for offset in taken:
        if offset not in done:
            break
        prefix = offset + 1
    return prefix


@given(
    gaps=st.lists(st.integers(1, 5), min_size=1, max_size=60),
    order=st.randoms(use_true_random=False),
    batch=st.integers(1, 9),
)
def test_the_committed_offset_is_always_the_done_prefix(gaps: list[int], order: object, batch: int) -> None:
    taken = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    batches = [taken[start : start + batch] for start in range(0, len(taken), batch)]
    order.shuffle(batches)  # type: ignore[attr-defined]
    progress: Progress[str] = Progress()
    progress.took("p", taken)
    done: set[int] = set()
    committed = None
    for offsets in batches:
        done |= set(offsets)
        committed = progress.finished(("p", offset) for offset in offsets).get("p", committed)
        assert committed == model(taken, done)
    assert committed == taken[-1] + 1


def test_partitions_do_not_wait_for_each_other() -> None:
    progress: Progress[str] = Progress()
    progress.took("a", [1, 2])
    progress.took("b", [7])
    assert progress.finished([("b", 7), ("a", 2)]) == {"b": 8}
    assert progress.finished([("a", 1)]) == {"a": 3}


def test_what_was_taken_away_is_never_committed() -> None:
    progress: Progress[str] = Progress()
    progress.took("a", [1])
    progress.forget()
    assert progress.finished([("a", 1)]) == {}
