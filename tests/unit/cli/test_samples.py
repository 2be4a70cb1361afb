"""The sample folder holds what it promises, so that the demo's counts mean something."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
import rawpy
from PIL import Image

from cli import samples
from libs.common.errors import Code, SluiceError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, made."""
    folder = tmp_path_factory.mktemp("demo") / "photos"
    samples.make(folder)
    return folder


def visible_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_the_expected_counts_add_up_to_the_files_there(tmp_path: Path) -> None:
    expected = samples.make(tmp_path / "photos")
    files = visible_files(tmp_path / "photos")
    assert expected.stored + sum(expected.failed.values()) + expected.no_pictures == len(files)
    hidden = [path for path in (tmp_path / "photos").rglob(".*") if path.is_file()]
    assert expected.ignored == len(hidden)


def test_there_are_fifteen_real_photos_that_open(folder: Path) -> None:
    originals = sorted((folder / "photos").iterdir())
    for photo in originals:
        with Image.open(photo) as image:
            image.load()
    assert len(originals) >= 15


def test_exactly_the_copy_has_content_of_another_file(folder: Path) -> None:
    contents = Counter(hashlib.sha256(path.read_bytes()).digest() for path in visible_files(folder))
    assert sorted(contents.values())[-2:] == [1, 2]


def test_the_raw_photo_shows_what_was_put_into_it(folder: Path) -> None:
    with rawpy.imread(str(folder / "variants/flower.dng")) as raw:
        shown = Image.fromarray(raw.postprocess(use_camera_wb=True, no_auto_bright=True))
    with Image.open(folder / "photos/flower.jpg") as original:
        wanted = original.convert("RGB").resize((8, 8))
    pairs = zip(shown.resize((8, 8)).tobytes(), wanted.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / (8 * 8 * 3) < 12


def test_the_truncated_photo_opens_but_does_not_load(folder: Path) -> None:
    with Image.open(folder / "broken/truncated.jpg") as image, pytest.raises(OSError, match="truncated"):
        image.load()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "_PHOTOS", {"no_such_package": ("a.jpg",)})
    with pytest.raises(SluiceError, match=r"no_such_package.*extra `demo`") as caught:
        samples.make(tmp_path / "photos")
    assert caught.value.code is Code.NOT_FOUND
