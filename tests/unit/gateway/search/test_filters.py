from typing import Any

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Filter, Range
from services.gateway.search.filters import parse, parse_json


def test_values_lists_and_ranges_become_conditions() -> None:
    found = parse({"format": "JPEG", "width": {"gte": 100, "lte": 200}, "exif_Image_Make": ["Sony", "Canon"]})

    assert found == Filter(
        any_of={"format": ["JPEG"], "exif_Image_Make": ["Sony", "Canon"]}, ranges={"width": Range(100, 200)}
    )


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_filter_is_none(nothing: dict[str, Any] | None) -> None:
    assert parse(nothing) is None


@pytest.mark.parametrize(
    "filters",
    [
        {"colour": "red"},
        {"width": {"gt": 1}},
        {"width": {"gte": "1"}},
        {"width": {}},
        {"format": []},
        {"format": [{"a": 1}]},
        {"format": None},
        {"width": float("nan")},
        {"width": [100, float("inf")]},
        {"width": {"gte": float("-inf")}},
        {"width": {"gte": True}},
        {"width": {"lte": None}},
        {"width": 2**63},
        {"width": {"gte": -(2**63) - 1}},
        {"width": 10**400},
        {"caption": "\ud800"},
        {"caption": ["a"] * 1001},
        {"exif_": "x"},
    ],
)
def test_what_is_no_filter_is_named(filters: dict[str, Any]) -> None:
    with pytest.raises(SluiceError, match=next(iter(filters))) as refusal:
        parse(filters)

    assert refusal.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("text", ["{", "[1]", '"x"', "[" * 100_000])
def test_a_query_parameter_must_be_a_json_object(text: str) -> None:
    with pytest.raises(SluiceError, match="JSON"):
        parse_json(text)


def test_a_query_parameter_is_read_as_json() -> None:
    assert parse_json('{"format": "PNG"}') == Filter(any_of={"format": ["PNG"]})
    assert parse_json("") is None


@pytest.mark.parametrize("field", ['exif_a"b', "exif_\ud800", "exif_a\0", "exif_" + "x" * 300, "caption\n"])
def test_a_name_that_the_store_cannot_take_is_refused_in_words_that_can_be_sent(field: str) -> None:
    with pytest.raises(SluiceError, match="there is no field") as refusal:
        parse({field: "x"})

    assert refusal.value.detail.encode()


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(SluiceError, match="too many"):
        parse({f"exif_{number}": "x" for number in range(33)})


def test_the_largest_numbers_and_odd_tags_are_taken() -> None:
    assert parse({"size": 2**63 - 1, "exif_Image_Tag 0xC4A5": "x", "width": {"lte": 1e300}}) is not None


def test_a_number_that_is_none_is_none_also_in_a_query_parameter() -> None:
    for text in ("NaN", "Infinity", "1e999", "9" * 400):
        with pytest.raises(SluiceError, match="width"):
            parse_json(f'{{"width": {{"gte": {text}}}}}')
