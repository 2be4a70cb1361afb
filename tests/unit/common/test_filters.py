from datetime import UTC, datetime
from typing import Any

import pytest

from libs.common.errors import Code, SluiceError
from libs.common.filters.parsing import parse, parse_json
from libs.common.store.protocol import Box, Circle, Dates, Filter, Range


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
        {"width": {"more": 1}},
        {"width": "wide"},
        {"has_caption": "yes"},
        {"taken_at": "yesterday"},
        {"taken_at": {"gte": "2019-13"}},
        {"location": [1, 2]},
        {"near": {"lat": 91, "lon": 0, "km": 1}},
        {"near": {"lat": 1, "lon": 0}},
        {"box": [1, 2, 3]},
        {"box": [0, 2, 1, -2]},
        {"box": [10**400, 0, 1, 1]},
        {"box": "1234"},
        {"box": ["1", "2", "3", "4"]},
        {"box": {"1": 0, "2": 0, "3": 0, "4": 0}},
        {"near": {"lat": 10**400, "lon": 0, "km": 1}},
        {"near": {"lat": 1, "lon": 0, "km": 10**400}},
        {"near": {"lat": 1, "lon": 0, "km": 0}},
        {"near": {"lat": 1, "lon": 0, "km": 30_000}},
        {"near": {"lat": "1", "lon": "0", "km": "1"}},
        {"near": {"lat": True, "lon": 0, "km": 1}},
        {"near": {"lat": 1, "lon": 0, "km": 1, "miles": 1}},
        {"near": [1, 0, 1]},
        {"below": ["/a"] * 1001},
        {"taken_at": ["2019"] * 1001},
        {"taken_at": ["2019", 7]},
        {"taken_at": "2019-02-30"},
        {"taken_at": "2019-7"},
        {"taken_at": "2019-00"},
        {"taken_at": "2019-W29"},
        {"taken_at": "20190721"},
        {"taken_at": "2019-07-21T18:03:60Z"},
        {"taken_at": "2019-07-21T18:03:11\0"},
        {"taken_at": "2019-07-21\x0018:03:11"},
        {"taken_at": {"gt": "2019", "gte": "2019"}},
        {"camera": {"gte": 1}},
        {"has_caption": {"gte": 1}},
        {"exif_Image_Make": {"gte": 1}},
        {"has": ["colour"]},
        {"missing": "mode"},
        {"below": 7},
        {"not": {}},
        {"not": {"not": {"iso": 1}}},
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


def test_a_folder_and_folders_are_two_conditions() -> None:
    assert parse({"below": "/a", "folders": "/b"}) == Filter(
        every=(Filter(any_of={"folders": ["/a"]}), Filter(any_of={"folders": ["/b"]}))
    )


def test_what_is_not_below_the_root_is_nothing() -> None:
    assert parse({"not": {"below": "/"}}) == Filter(every=(Filter(none_of=(Filter(),)),))


def test_the_last_year_is_one() -> None:
    found = parse({"taken_at": {"lte": "9999"}})
    assert found is not None
    assert found.dates["taken_at"].lt == "9999-12-31T23:59:59.999999+00:00"


def test_an_instant_may_be_written_in_small_letters_and_without_seconds() -> None:
    for text in ("2019-07-21t18:03z", "2019-07-21 20:03+02:00", "2019-07-21T18:03"):
        found = parse({"taken_at": text})
        assert found is not None
        assert datetime.fromisoformat(found.dates["taken_at"].gte or "") == datetime(
            2019, 7, 21, 18, 3, tzinfo=UTC
        )


def test_dates_mean_the_whole_of_what_they_name() -> None:
    assert parse({"taken_at": "2019-12"}) == Filter(
        dates={"taken_at": Dates(gte="2019-12-01T00:00:00+00:00", lt="2020-01-01T00:00:00+00:00")}
    )
    assert parse({"taken_at": {"gt": "2019-02-28", "lte": "2019"}}) == Filter(
        dates={"taken_at": Dates(gte="2019-03-01T00:00:00+00:00", lt="2020-01-01T00:00:00+00:00")}
    )
    assert parse({"taken_at": {"lte": "2019-07-21T18:03:11+02:00"}}) == Filter(
        dates={"taken_at": Dates(lte="2019-07-21T18:03:11+02:00")}
    )


def test_places_folders_and_what_is_there_have_names_of_their_own() -> None:
    assert parse({"near": {"lat": 48.86, "lon": 2.29, "km": 5}}) == Filter(
        every=(Filter(near={"location": Circle(48.86, 2.29, 5000.0)}),)
    )
    assert parse({"box": [170, -10, -170, 10]}) == Filter(
        every=(Filter(within={"location": Box(170, -10, -170, 10)}),)
    )
    assert parse({"below": "/photos/2019/"}) == Filter(any_of={"folders": ["/photos/2019"]})
    assert parse({"below": "/"}) == Filter()
    assert parse({"below": "/\u00fc"}) == Filter(any_of={"folders": ["/u\u0308", "/\u00fc"]})
    assert parse({"has": ["location"], "missing": ["lens"]}) == Filter(
        every=(Filter(has=["location"]), Filter(missing=["lens"]))
    )
    assert parse({"not": {"camera": "Sony", "iso": {"gt": 100}}}) == Filter(
        every=(Filter(none_of=(Filter(any_of={"camera": ["Sony"]}), Filter(ranges={"iso": Range(gt=100)}))),)
    )


def test_a_whole_number_finds_a_fraction_that_is_one() -> None:
    assert parse({"iso": [100, 200.0]}) == Filter(any_of={"iso": [100.0, 200.0]})
