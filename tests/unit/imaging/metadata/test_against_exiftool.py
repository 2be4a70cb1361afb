"""Every field that exiftool writes into a file is read as exiftool reads it."""

import io
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pillow_heif
import pytest

from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise, normalise_video
from libs.common.imaging.video.sniff import sniff_video
from libs.common.metadata import Metadata
from tests.support import exiftool, photos
from tests.support.videos import video
from tests.unit.imaging.test_photoshop import RGB, psd

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not exiftool.is_here(), reason="needs exiftool (Debian: libimage-exiftool-perl)"),
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
]

SCENE = photos.scene(64, 48)
PILLOW = {
    "jpg": "JPEG", "tif": "TIFF", "png": "PNG", "webp": "WEBP", "heic": "HEIF", "avif": "AVIF", "jxl": "JXL",
    "jp2": "JPEG2000", "gif": "GIF",
}  # fmt: skip


def bare(suffix: str) -> bytes:
    """A file that says nothing yet."""
    pillow_heif.register_heif_opener()
    if suffix in PILLOW:
        return photos.encoded(SCENE, PILLOW[suffix])
    if suffix == "psd":
        return psd(np.asarray(SCENE).transpose(2, 0, 1) / 255, RGB)
    return photos.dng(64, 48) if suffix == "dng" else video([SCENE] * 3, suffix)


def read(path: Path) -> Metadata:
    data = path.read_bytes()
    film = sniff_video(data[:HEAD_BYTES])
    if film is not None:
        return normalise_video(io.BytesIO(data), film, Limits()).metadata
    return normalise(data, Limits(gif=True)).metadata


def written(folder: Path) -> list[tuple[Path, str]]:
    """Files of every format with every field of each group that it can keep, and the group."""
    made: list[tuple[Path, str, exiftool.Written]] = []
    for group, suffixes in exiftool.GROUPS.items():
        for suffix in suffixes:
            for number, values in enumerate(exiftool.SETS):
                path = folder / f"{group}{number}.{suffix}"
                path.write_bytes(bare(suffix))
                made.append((path, group, values))
    exiftool.write(made)
    return [(path, group) for path, group, _ in made]


def same(ours: Any, theirs: Any) -> bool:
    match theirs:
        case tuple():
            return ours is not None and all(same(*pair) for pair in zip(ours, theirs, strict=True))
        case list():
            return list(ours) == theirs
        case int() | float():
            return bool(ours == pytest.approx(theirs, abs=2e-6))
        case _:
            return bool(ours == theirs)


class Compared(NamedTuple):
    """Values by format, group and field: all of them, those that are equal, and what is wrong."""

    values: Counter[tuple[str, str, str]]
    equal: Counter[tuple[str, str, str]]
    wrong: list[str]

    def table(self) -> str:
        """How many values are equal, of how many, by format and group."""
        rows: dict[tuple[str, str], list[int]] = {}
        for (suffix, group, field), count in self.values.items():
            row = rows.setdefault((suffix, group), [0, 0])
            row[0] += self.equal[suffix, group, field]
            row[1] += count
        lines = [f"| {suffix} | {group} | {have} of {of} |" for (suffix, group), (have, of) in rows.items()]
        return "\n".join(["| Format | Group | Equal values |", "|---|---|---:|", *lines])


def compared(made: list[tuple[Path, str]]) -> Compared:
    found = Compared(Counter(), Counter(), [])
    for (path, group), tags in zip(made, exiftool.read(path for path, _ in made), strict=True):
        ours = read(path)
        for field, theirs in exiftool.values_of(tags, group).items():
            key = path.suffix[1:], group, field
            found.values[key] += 1
            if same(getattr(ours, field), theirs):
                found.equal[key] += 1
            else:
                found.wrong.append(f"{path.name} {field}: {getattr(ours, field)!r}, exiftool {theirs!r}")
    return found


def test_each_value_is_equal(tmp_path: Path) -> None:
    made = written(tmp_path)
    found = compared(made)
    print(f"\n{len(made)} files, {found.values.total()} values\n{found.table()}")
    assert len(made) >= 60
    assert not found.wrong, "\n".join(found.wrong)
    # Every field is compared somewhere: none is left out by a name that is spelt wrongly.
    assert {field for _, _, field in found.values} == FIELDS


FIELDS = set(Metadata.__struct_fields__) - {"taken_local", "duration_s"}
