import pytest
from msgspec import structs

from libs.common.metadata import Metadata, filled
from libs.common.points.fields import Fields
from libs.common.points.payload import payload_of
from libs.common.points.places import Places, Town, offline_places
from tests.support.records import file, point_record

OWN = Metadata(
    title="own", keywords=("a",), taken_at="2019-07-21T18:03:11+02:00", taken_local="2019-07-21T18:03:11"
)


def test_what_one_does_not_say_another_may() -> None:
    found = filled(OWN, Metadata(title="other", rating=3, keywords=("b", "a")))
    assert (found.title, found.rating, found.keywords) == ("own", 3, ("a", "b"))


def test_times_and_places_stay_together() -> None:
    other = Metadata(
        taken_at="2000-01-01T00:00:00Z", taken_local="2000-01-01T00:00:00", location=(1, 2), altitude_m=3
    )
    assert filled(OWN, other).taken_local == OWN.taken_local
    assert filled(Metadata(location=(5, 6)), other).altitude_m is None


def test_a_sidecar_wins_and_an_export_fills_gaps() -> None:
    record = point_record(file())
    found = structs.replace(
        record.file,
        sidecar=Metadata(title="sidecar"),
        export=Metadata(title="export", people=("Anna",), location=(48.5, -2.25)),
    )
    content = structs.replace(record.content, metadata=OWN, kind="raw")
    point = Fields(payload_of(structs.replace(record, file=found, content=content), 1.0))
    assert (point.title, point.people, point.kind) == ("sidecar", ["Anna"], "raw")
    assert (point.taken_at, point.taken_local) == (OWN.taken_at, OWN.taken_local)
    assert (point.month, point.location) == ("2019-07", {"lat": 48.5, "lon": -2.25})
    assert "rating" not in point.payload


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ((37.77, -122.42), ("San Francisco", "California", "United States", "US")),
        ((43.2965, 5.3698), ("Marseille", "Provence-Alpes-Côte d'Azur", "France", "FR")),
        ((48.137, 11.575), ("Munich", "Bavaria", "Germany", "DE")),
        ((35.68, 139.69), ("", "Tokyo", "Japan", "JP")),
        ((-33.87, 151.21), ("Sydney", "New South Wales", "Australia", "AU")),
        ((0.5, -30.0), ()),
        ((89.9, 0.0), ()),
    ],
)
def test_the_nearest_town_within_50_km(location: tuple[float, float], named: tuple[str, ...]) -> None:
    found = offline_places().near(location)
    assert found[1:] == named[1:]
    assert named[:1] == () or named[0] in found[0]


def test_a_town_is_found_over_the_date_line_and_no_further_than_50_km() -> None:
    places = Places([Town(10.0, -179.9, ("there",)), Town(20.0, 20.0, ("other",))])
    assert places.near((10.0, 179.9)) == ("there",)
    assert places.near((20.4, 20.0)) == ("other",)
    assert places.near((20.5, 20.0)) == ()


def test_the_town_of_a_photo_is_a_field_and_words_of_its_point() -> None:
    record = point_record(file())
    content = structs.replace(record.content, metadata=Metadata(location=(10.0, 10.0)))
    places = Places([Town(10.1, 10.0, ("Somewhere", "Land", "LA"))])
    point = Fields(payload_of(structs.replace(record, content=content), 1.0, places))
    assert point.place == ["Somewhere", "Land", "LA"]
    assert "somewhere" in (point.search_text or "").lower()
