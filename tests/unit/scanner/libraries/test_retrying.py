"""A library whose job failed is scanned again, ever more seldom, and at once for a new collection."""

from services.scanner.libraries.retrying import FIRST_S, LONGEST_S, Retrying


def failed(now: float, times: int = 1) -> Retrying:
    """Of a library of which so many jobs in a row have failed by now."""
    retrying = Retrying()
    for _ in range(times):
        retrying.begun("one", whole=True)
        retrying.ended("failed", now)
    return retrying


def test_nothing_is_due_unless_a_job_failed() -> None:
    retrying = Retrying()
    retrying.begun("one", whole=True)
    for state in ("completed", "cancelled", None):
        retrying.ended(state, 0.0)
        assert not retrying.is_due("two", 2 * LONGEST_S)


def test_it_is_due_after_a_while_that_doubles_up_to_an_hour() -> None:
    for times, wait in ((1, FIRST_S), (2, 2 * FIRST_S), (3, 4 * FIRST_S), (20, LONGEST_S)):
        retrying = failed(100.0, times)
        assert not retrying.is_due("one", 100.0 + wait - 1)
        assert retrying.is_due("one", 100.0 + wait)


def test_it_is_due_at_once_where_its_collection_was_made_again() -> None:
    retrying = failed(100.0)
    assert not retrying.is_due(None, 100.0)
    assert retrying.is_due("two", 100.0)


def test_a_job_that_succeeds_ends_it() -> None:
    retrying = failed(100.0, 20)
    retrying.begun("one", whole=True)
    retrying.ended("completed", 200.0)
    assert not retrying.is_due("one", 10 * LONGEST_S)
    retrying.ended("failed", 300.0)
    assert retrying.is_due("one", 300.0 + FIRST_S)


def test_a_job_of_some_paths_does_not_stand_for_all_of_them() -> None:
    retrying = failed(100.0)
    retrying.begun("two", whole=False)
    retrying.ended("completed", 110.0)
    assert retrying.is_due("one", 100.0 + FIRST_S)
    assert retrying.is_due("two", 110.0)
