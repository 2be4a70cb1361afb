from typing import Any

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.store.protocol import Filter, Range
from services.gateway.filters import parse, parse_json


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
