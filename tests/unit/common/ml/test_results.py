"""What is accepted as an embedding, and what is not."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Code, FileError
from libs.common.ml.inference import Image, Result
from libs.common.ml.results import Embedded, Verdict, model_of, verdicts

IMAGE = Image("a", "a.jpg", b"jpeg")


def verdict(embedding: object, dimension: int | None = 3, **fields: Any) -> Verdict:
    return verdicts([IMAGE], [Result("a", embedding, **fields)], "m", dimension)["a"]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_finite_numbers_become_little_endian_float32(values: list[float]) -> None:
    found = verdict(values, caption="words")
    assert found == Embedded(np.array(values, "<f4").tobytes(), 3, "words", "m")


@pytest.mark.parametrize(
    ("embedding", "why"),
    [
        ([1.0, math.nan, 0.0], "not finite"),
        ([1.0, math.inf, 0.0], "not finite"),
        ([1.0, 2.0], "2 values instead of 3"),
        ([], "no list of numbers"),
        (None, "no list of numbers"),
        ("abc", "no list of numbers"),
        ([1.0, None, 2.0], "not finite"),
        ([1.0, "x", 2.0], "no list of numbers"),
        ([[1.0, 2.0, 3.0]], "no list of numbers"),
        ([1.0, [2.0], 3.0], "no list of numbers"),
        ({"a": 1}, "no list of numbers"),
        (7, "no list of numbers"),
    ],
)
def test_anything_else_is_a_bad_result(embedding: object, why: str) -> None:
    found = verdict(embedding)
    assert isinstance(found, FileError)
    assert found.code == Code.ML_BAD_RESULT
    assert why in found.detail


def test_a_number_too_large_for_float32_is_not_finite() -> None:
    found = verdict([1e300, 0.0, 0.0])
    assert isinstance(found, FileError)
    assert found.code == Code.ML_BAD_RESULT


def test_an_error_of_the_service_is_a_rejection_in_its_own_words() -> None:
    found = verdict(None, error="cannot identify image file")
    assert isinstance(found, FileError)
    assert found.code == Code.ML_REJECTED
    assert "cannot identify image file" in found.detail


def test_results_that_nobody_asked_for_are_ignored() -> None:
    assert verdicts([IMAGE], [Result("z", [1.0])], "m", None) == {}


def test_the_first_named_model_counts_then_the_reported_one() -> None:
    assert model_of([Result("a"), Result("b", model="clip")], "reported") == "clip"
    assert model_of([Result("a")], "reported") == "reported"
    assert model_of([Result("a")], None) == "unknown"
