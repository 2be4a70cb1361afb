"""Which classes words mean."""

import pytest

from services.ml.labels.vocabulary import Vocabulary, singular, words_of

VOCABULARY = Vocabulary()


def names(text: str) -> list[set[str]]:
    return [{VOCABULARY.classes[number] for number in word} for word in VOCABULARY.meaning(text).words]


def test_there_are_a_thousand_classes_and_every_group_names_some_of_them() -> None:
    assert len(VOCABULARY.classes) == 1000
    assert all(0 <= number < 1000 for numbers in VOCABULARY.words.values() for number in numbers)


@pytest.mark.parametrize(
    ("text", "name"),
    [("dog", "Beagle"), ("Dogs!", "pug"), ("cat", "Siamese cat"), ("butterflies", "monarch butterfly")],
)
def test_a_word_means_all_that_it_covers(text: str, name: str) -> None:
    (found,) = names(text)
    assert name in found


def test_words_that_share_classes_mean_those() -> None:
    assert names("red fox") == [{"red fox"}]
    assert names("picture of a sports car") == [{"sports car"}]


def test_words_that_share_none_count_each() -> None:
    dog, beach = names("a dog on the beach")
    assert "Beagle" in dog
    assert "beach" in beach


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cats", "cat"),
        ("glass", "glass"),
        ("boxes", "box"),
        ("ponies", "pony"),
        ("bus", "bus"),
        ("peaches", "peach"),
    ],
)
def test_plurals_are_taken_off(word: str, expected: str) -> None:
    assert singular(word) == expected


def test_nothing_is_left_of_small_words() -> None:
    assert words_of("A photo of the") == []
    assert VOCABULARY.meaning("a photo of the").words == ()
