import pytest

from libs.common.sources.sidecars import takeout_of, xmp_of
from sluice.files.formats import is_ignored_file


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        (b"IMG.jpg", b"IMG.jpg.xmp"),
        (b"IMG.jpg", b"IMG.xmp"),
        (b"IMG.CR2", b"IMG.XMP"),
    ],
)
def test_an_xmp_sidecar(photo: bytes, sidecar: bytes) -> None:
    assert xmp_of(photo, {sidecar, b"other.xmp"}) == sidecar


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        (b"IMG_1.jpg", b"IMG_1.jpg.json"),
        (b"IMG_1.jpg", b"IMG_1.jpg.supplemental-metadata.json"),
        (b"IMG_1(2).jpg", b"IMG_1.jpg(2).json"),
        (b"IMG_1(2).jpg", b"IMG_1.jpg.supplemental-metadata(2).json"),
        (b"IMG_1-edited.jpg", b"IMG_1.jpg.json"),
        (b"PXL_20230405_123456789.PORTRAIT.jpg", b"PXL_20230405_123456789.PORTRAIT.jpg.supplement.json"),
        (b"a" * 60 + b".jpg", b"a" * 46 + b".json"),
        (b"IMG_1.jpg", b"IMG_1.jpg.suppl.json"),
        (b"IMG_1.jpg", b"IMG_1.jpg..json"),
        (b"IMG_1(1).jpg", b"IMG_1(1).jpg.json"),
        (b"IMG_1-EFFECTS.jpg", b"IMG_1.jpg.json"),
        ("IMG_1-編集済み.jpg".encode(), b"IMG_1.jpg.supplemental-metadata.json"),
        (b"IMG_1.MP4", b"IMG_1.HEIC.supplemental-metadata.json"),
        (b"IMG_1.mov", b"IMG_1.jpg.json"),
        ("é".encode() * 50 + b".jpg", "é".encode() * 46 + b".json"),
        (b"IMG_1.jpg", b"IMG_1.json"),
    ],
)
def test_the_json_of_an_export(photo: bytes, sidecar: bytes) -> None:
    assert takeout_of(photo, {sidecar, b"other.json"}) == sidecar
    assert is_ignored_file(sidecar) or sidecar == b"IMG_1.json"


@pytest.mark.parametrize("name", [b"metadata.json", b"metadata(1).json", b"x.mp4.json"])
def test_what_an_export_adds_is_passed_over_in_silence(name: bytes) -> None:
    assert is_ignored_file(name)


@pytest.mark.parametrize("name", [b"package.json", b"notes.txt", b"data.v2.json"])
def test_other_files_are_not(name: bytes) -> None:
    assert not is_ignored_file(name)


@pytest.mark.parametrize(
    ("photo", "other"),
    [
        (b"IMG_1.jpg", b"IMG_11.jpg.json"),
        (b"IMG_1(1).jpg", b"IMG_1.jpg.json"),
        (b"IMG_1.jpg", b"IMG_1.jpg(1).json"),
        (b"IMG_1.HEIC", b"IMG_1.MP4.json"),
    ],
)
def test_the_json_of_another_photo_is_not_taken(photo: bytes, other: bytes) -> None:
    assert takeout_of(photo, {other}) is None
