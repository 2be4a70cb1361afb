"""Words held in memory rank as words read from the points do."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.common.store.protocol import Record
from services.gateway.search import lexical
from services.gateway.search.lexical_index import Index

WORDS = st.sampled_from(["a", "ab", "abc", "b", "bc", "tree", "trees", "2024"])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={"caption": TEXTS, "filename": TEXTS, "full_path": TEXTS, "tags": st.lists(WORDS, max_size=3)},
)


def records(payloads: list[dict[str, Any]], stored_at: float = 1.0) -> list[Record]:
    return [Record(f"{n:04}", {**payload, "stored_at": stored_at}) for n, payload in enumerate(payloads)]


@given(st.lists(PAYLOADS, max_size=12), st.lists(WORDS, min_size=1, max_size=3), st.integers(1, 8))
def test_it_finds_the_same_in_the_same_order(
    payloads: list[dict[str, Any]], words: list[str], limit: int
) -> None:
    index = Index()
    index.add(records(payloads))

    found = index.best(words, limit)

    expected = lexical.best(words, records(payloads), limit)
    assert [(round(score, 9), id_) for score, id_ in found] == [
        (round(hit.score, 9), hit.id) for hit in expected
    ]


@given(st.lists(PAYLOADS, min_size=1, max_size=6), st.lists(PAYLOADS, min_size=1, max_size=6), WORDS)
def test_points_that_come_again_are_found_by_what_they_say_now(
    before: list[dict[str, Any]], now: list[dict[str, Any]], word: str
) -> None:
    index, anew = Index(), Index()
    index.add(records(before))
    index.add(records(before))
    index.add(records(now, stored_at=2.0))
    anew.add([*records(now, stored_at=2.0), *records(before)[len(now) :]])

    assert index.best([word], 10) == anew.best([word], 10)
    assert (len(index), index.newest) == (max(len(before), len(now)), 2.0)


def test_what_is_dropped_is_not_found_until_it_comes_again() -> None:
    index = Index()
    index.add(records([{"caption": "tree"}, {"caption": "tree"}]))

    index.drop(["0000", "unknown"])
    assert [id_ for _, id_ in index.best(["tree"], 5)] == ["0001"]

    index.add(records([{"caption": "tree"}]))
    assert [id_ for _, id_ in index.best(["tree"], 5)] == ["0000", "0001"]


def test_an_index_whose_points_mostly_came_again_is_worn() -> None:
    index = Index()
    for time in range(1, 1200):
        index.add(records([{"caption": "tree"}], stored_at=time))
    assert index.is_worn

    fresh = Index()
    fresh.add(records([{"caption": "tree"}] * 1200))
    assert not fresh.is_worn
