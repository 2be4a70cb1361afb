"""What counts as a copy, which folders are protected, and which are passed over."""

import pytest

from libs.common.duplicates.policy import Policy
from libs.common.duplicates.protected import Protected
from libs.common.store.protocol import Record
from sluice.files.passed_over import NAMES, PassedOver


def point(path: str, **fields: str) -> Record:
    return Record(path, {"full_path": path, "file_hash": "h", **fields})


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_in_a_bin_is_no_copy_in_any_case(name: str) -> None:
    folder = name.replace("*", "-1000")
    album, here = point("/photos/album/a.jpg"), [f"/{folder.upper()}/a.jpg", f"/nas/{folder}/x/a.jpg"]

    assert Policy().copies([album, *map(point, here)]) == [album]


def test_names_alike_are_no_bins() -> None:
    points = [point(f"/photos/{name}/a.jpg") for name in ("trash", "recycle", "tmp", "snapshots", "@eaDirs")]

    assert Policy().copies(points) == points


def test_a_setting_adds_names() -> None:
    policy = Policy(passed_over=PassedOver.of(["Papierkorb", "old*"]))

    assert policy.copies([point("/papierkorb/a.jpg"), point("/older/a.jpg"), point("/new/a.jpg")]) == [
        point("/new/a.jpg")
    ]


def test_a_link_is_no_copy() -> None:
    file, link = point("/album/a.jpg"), point("/best/a.jpg", link_target="/album/a.jpg")

    assert Policy().copies([link, file]) == [file]


def test_a_call_protects_more_folders() -> None:
    policy = Policy(Protected.of(["/photos/best"])).protecting(["/photos/family/", ""])

    assert policy.protected.holds("/photos/best/a.jpg")
    assert policy.protected.holds("/photos/family/1/a.jpg")
    assert not policy.protected.holds("/photos/family2/a.jpg")
    assert not policy.protected.holds("/photos/a.jpg")
