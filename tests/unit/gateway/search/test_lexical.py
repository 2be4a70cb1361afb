from hypothesis import given
from hypothesis import strategies as st

from libs.common.store.protocol import Record
from services.gateway.search.lexical import best, score, words_of

BEACH = Record("1", {"caption": "a sandy beach", "filename": "DSC_0001.jpg", "exif_Image_Make": "SONY"})
CAT = Record("2", {"caption": None, "filename": "cat-on-beachtowel.jpg", "tags": ["animal"]})


def test_names_fall_into_words() -> None:
    assert words_of("Cat-on_Beach (2024).JPG") == ["cat", "on", "beach", "2024", "jpg"]


def test_the_better_match_comes_first() -> None:
    assert [hit.id for hit in best(["beach"], [CAT, BEACH], 10)] == ["1", "2"]


def test_what_has_none_of_the_words_is_not_found() -> None:
    assert best(["mountain"], [CAT, BEACH], 10) == []


def test_tags_and_the_camera_are_searched_too() -> None:
    assert [hit.id for hit in best(words_of("sony"), [CAT, BEACH], 10)] == ["1"]
    assert [hit.id for hit in best(words_of("Animal"), [CAT, BEACH], 10)] == ["2"]


def test_only_the_best_are_kept() -> None:
    assert len(best(["jpg"], [CAT, BEACH], 1)) == 1


@given(
    st.lists(st.text(min_size=1), min_size=1),
    st.dictionaries(st.sampled_from(["caption", "filename"]), st.text()),
)
def test_scores_lie_between_0_and_1(words: list[str], payload: dict[str, str]) -> None:
    assert 0.0 <= score(words, payload) <= 1.0
