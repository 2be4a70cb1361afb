"""Words as people type them meet the words that are stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.points.words import Query, joined, parsed, parts_of, wanted, words_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("YellowFlower_IMG-2041", {"yellowflower", "yellow", "flower", "img", "2041"}),
        ("IMG_20190721.jpg", {"img", "20190721", "jpg"}),
        ("DSC2041", {"dsc2041", "dsc", "2041"}),
        ("HTMLPage", {"htmlpage", "html", "page"}),
        ("Été à Malmö", {"ete", "a", "malmo"}),
        ("Straße Łódź København", {"strasse", "lodz", "kobenhavn"}),
        ("Москва й", {"москва", "и"}),
        ("夕日の海", {"夕", "日", "の", "海"}),
        ("हिन्दी", {"हिन्दी"}),
    ],
)
def test_names_are_taken_apart(name: str, expected: set[str]) -> None:
    assert set(parts_of(name)) == expected


@given(text=st.text(max_size=40))
def test_any_unicode_form_gives_the_same_words(text: str) -> None:
    composed = words_of(unicodedata.normalize("NFC", text))
    assert composed == words_of(unicodedata.normalize("NFD", text))
    assert all(word == word.casefold() for word in composed if word.isascii())


@given(texts=st.lists(st.text(max_size=20), max_size=4))
def test_every_word_of_a_query_for_a_text_is_in_what_is_stored_of_it(texts: list[str]) -> None:
    stored = set(joined(texts).split())
    for text in texts:
        assert set(parsed(text.replace("-", " ").replace('"', " ")).words) <= stored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red  BOAT", Query(("red", "boat"), (), ())),
        ('"red boat" sea', Query(("red", "boat", "sea"), ("red boat",), ())),
        ("boat -red", Query(("boat",), (), ("red",))),
        ('boat -"red sea"', Query(("boat",), (), ("red sea",))),
        ("IMG-2041", Query(("img", "2041"), (), ())),
        ("YellowFlower", Query(("yellowflower", "yellow", "flower"), (), ())),
        ("夕日", Query(("夕", "日"), ("夕 日",), ())),
        ('"one" -', Query(("one",), (), ())),
        ("a cup of coffee", Query(("cup", "coffee"), (), ())),
        ("of the", Query(("of", "the"), (), ())),
        ('"" -- "', Query((), (), ())),
    ],
)
def test_a_query_has_words_phrases_and_what_is_excluded(text: str, expected: Query) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cup of coffee", "a cup of coffee"),
        ('boat -red  "blue sea" -"black cat"', "boat blue sea"),
        ("-cat", ""),
        ("well-known", "well-known"),
        ("🎉", "🎉"),
        ('"" "', ""),
        (" ", ""),
    ],
)
def test_a_model_reads_what_is_wanted_and_nothing_that_is_excluded(text: str, expected: str) -> None:
    assert wanted(text) == expected


def test_words_of_a_field_stand_one_after_another_and_parts_at_the_end() -> None:
    assert joined(["a RedBoat", None, "sea"]) == "a redboat sea red boat"
