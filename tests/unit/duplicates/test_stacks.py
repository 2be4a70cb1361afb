"""Which files are one picture."""

import pytest

from libs.common.duplicates.stacks import mates
from libs.common.store.protocol import Record


def point(path: str, taken: str | None = None) -> Record:
    return Record(path, {"full_path": path} | ({"exif_EXIF_DateTimeOriginal": taken} if taken else {}))


@pytest.mark.parametrize(
    ("one", "other"),
    [("IMG_1.dng", "IMG_1.jpg"), ("IMG_1.CR3", "img_1.JPG"), ("a.heic", "a.mov"), ("a.jpg", "a-edited.jpg")],
)
def test_files_of_one_shot_are_a_stack(one: str, other: str) -> None:
    first, second = f"/p/{one}", f"/p/{other}"

    assert mates([point(first), point(second)]) == {first: {second}, second: {first}}


@pytest.mark.parametrize(
    ("one", "other"),
    [("p/a.jpg", "p/a.png"), ("p/a.dng", "q/a.jpg"), ("p/a.dng", "p/b.jpg"), ("p/a.jpg", "p/a (1).jpg")],
)
def test_others_are_none(one: str, other: str) -> None:
    assert mates([point(f"/{one}"), point(f"/{other}")]) == {}


def test_files_taken_at_other_times_are_none() -> None:
    raw = point("/p/a.dng", "2019:07:21 18:03:11")

    assert mates([raw, point("/p/a.jpg", "2019:07:21 18:03:13")])
    assert mates([raw, point("/p/a.jpg")])
    assert not mates([raw, point("/p/a.jpg", "2019:07:21 18:03:14")])


@pytest.mark.parametrize("taken", ["2019:07:21 16:03:12", "2019:07:21 18:03:12"])
def test_a_live_photo_is_a_stack_whichever_zone_its_video_tells_the_time_of(taken: str) -> None:
    assert mates([point("/p/a.heic", "2019:07:21 18:03:11"), point("/p/a.mov", taken)])
    assert not mates([point("/p/a.heic", "2019:07:21 18:03:11"), point("/p/a.mov", "2019:07:21 18:07:11")])
