"""A video stands in the index by one of its frames."""

import hashlib
import io
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from msgspec import structs
from PIL import Image, ImageFilter

from libs.common.errors import Code, FileError
from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata import xmp
from libs.common.imaging.normalise import NormalisedImage, normalise_video
from libs.common.imaging.video.sniff import sniff_video
from libs.common.metadata import Metadata
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Failed, Inspected
from tests.support import photos
from tests.support.videos import video
from tests.unit.imaging.metadata import samples
from tests.unit.imaging.reference import difference
from tests.unit.processor.samples import by_path, request_for

SCENE = photos.scene(320, 240)
BLACK = Image.new("RGB", SCENE.size)
BLURRED = SCENE.filter(ImageFilter.GaussianBlur(12))
FORMATS = {
    "mov": "MOV",
    "mp4": "MP4",
    "3gp": "3GP",
    "avi": "AVI",
    "matroska": "MKV",
    "webm": "MKV",
    "asf": "WMV",
    "mpeg": "MPG",
    "mpegts": "MTS",
}
FOR_DISCS = {"mpegts_m2ts_mode": "1"}
"""As camcorders write transport streams: a time before each packet."""


def turned(data: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """The video with this rotation in its track's head, in whole numbers."""
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (number << 16 for number in matrix)
    return data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[at + 36 :]


def poster(data: bytes) -> NormalisedImage:
    found = sniff_video(data[:HEAD_BYTES])
    assert found is not None
    return normalise_video(io.BytesIO(data), found, Limits())


def shows(found: NormalisedImage, picture: Image.Image) -> bool:
    return difference(found.jpeg, np.asarray(picture, dtype=float)) < 12.0


@pytest.mark.parametrize("kind", FORMATS)
def test_each_container(kind: str) -> None:
    found = poster(video([SCENE] * 5, kind))
    assert (found.format, found.kind, found.width, found.height) == (FORMATS[kind], "video", 320, 240)
    assert shows(found, SCENE)
    assert found.metadata.duration_s == pytest.approx(0.5, abs=0.1)


def test_a_camcorder_s_clock_that_runs_on_from_the_video_before() -> None:
    frames = [BLACK] * 15 + [SCENE] * 20
    data = video(frames, "mpegts", options=FOR_DISCS | {"output_ts_offset": "600"})
    assert (poster(data).format, shows(poster(data), SCENE)) == ("MTS", True)


@pytest.mark.parametrize("other", [b"G" * 100 + b"oodbye, " * 80, photos.gif(), b"G" * 187])
def test_what_begins_with_the_sign_of_a_transport_stream_is_none(other: bytes) -> None:
    assert sniff_video(other[:HEAD_BYTES]) is None


@pytest.mark.parametrize("beginning", [BLACK, BLURRED, Image.new("RGB", SCENE.size, (90, 90, 90))])
@pytest.mark.parametrize("every", [1, 12])
def test_the_poster_is_neither_black_nor_blurred(beginning: Image.Image, every: int) -> None:
    assert shows(poster(video([beginning] * 15 + [SCENE] * 20, every=every)), SCENE)


def test_a_black_video_has_a_black_poster() -> None:
    assert shows(poster(video([BLACK] * 15)), BLACK)


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((0, 1, -1, 0), Image.Transpose.ROTATE_270),
        ((-1, 0, 0, -1), Image.Transpose.ROTATE_180),
        ((0, -1, 1, 0), Image.Transpose.ROTATE_90),
    ],
)
def test_a_video_is_turned_upright(matrix: tuple[int, int, int, int], turn: Image.Transpose) -> None:
    upright = SCENE.transpose(turn)
    found = poster(turned(video([SCENE] * 5), matrix))
    assert (found.width, found.height) == upright.size
    assert shows(found, upright)


def test_what_a_phone_writes() -> None:
    tags = {
        "com.apple.quicktime.creationdate": "2019-07-21T18:03:11+0200",
        "com.apple.quicktime.location.ISO6709": "+48.8583-002.2945+035.000/",
        "com.apple.quicktime.make": "Apple",
        "com.apple.quicktime.model": "iPhone 12",
    }
    assert poster(video([SCENE] * 10, "mov", tags)).metadata == Metadata(
        taken_at="2019-07-21T18:03:11+02:00",
        taken_local="2019-07-21T18:03:11",
        location=(48.8583, -2.2945),
        altitude_m=35.0,
        camera="Apple iPhone 12",
        duration_s=1.0,
    )


def test_what_older_programs_and_adobe_write() -> None:
    tags = {"make": "Apple", "model": "iPhone 12", "keywords": "one,two", "title": "A tower"}
    older = poster(video([SCENE] * 2, "mov", tags)).metadata
    assert (older.camera, older.keywords, older.title) == ("Apple iPhone 12", ("one", "two"), "A tower")
    body = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + samples.xmp()
    data = video([SCENE] * 2) + struct.pack(">I4s", 8 + len(body), b"uuid") + body
    stated = xmp.metadata_of(samples.xmp())
    assert poster(data).metadata == structs.replace(stated, duration_s=0.2)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"), ("1904-01-01T00:00:00Z", None)],
)
def test_the_time_of_its_making(written: str, expected: str | None) -> None:
    assert poster(video([SCENE] * 5, "matroska", {"creation_time": written})).metadata.taken_at == expected


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6])
def test_a_cut_video_is_a_failure_or_a_picture(keep: float) -> None:
    data = video([SCENE] * 20, "matroska")
    try:
        width = poster(data[: int(len(data) * keep)]).width
    except FileError as error:
        width = 320 if error.code is Code.DECODE_FAILED else 0
    assert width == 320


def test_sound_alone_is_no_picture() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(FileError, match="no moving picture"):
        poster(out.getvalue())


def test_pictures_in_boxes_are_no_videos() -> None:
    assert [sniff_video(data[:HEAD_BYTES]) for data in (photos.heic(), photos.avif(), photos.jxl())] == [
        None
    ] * 3


def test_a_video_is_hashed_and_inspected(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    path.write_bytes(video([SCENE] * 10, "mov"))
    found = by_path(Inspector(cache_dir=tmp_path / "cache", video=True)())(request_for(path))
    assert isinstance(found, Inspected)
    assert found.content.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.content.kind, found.jpeg is not None) == ("video", True)
    refused = by_path(Inspector(cache_dir=tmp_path / "cache")())(request_for(path))
    assert isinstance(refused, Failed)
    assert refused.code is Code.UNSUPPORTED_TYPE


_BOUNDED = """
import resource, sys
from pathlib import Path
from services.processor.decoding.inspect import Inspector
from services.processor.decoding.inspection import Inspected
from tests.unit.processor.samples import by_path, request_for
found = by_path(Inspector(cache_dir=Path(sys.argv[2]), video=True)())(request_for(Path(sys.argv[1])))
assert isinstance(found, Inspected), found
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_video_of_4_gb_takes_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(video([SCENE] * 10, "matroska"))
    taken = []
    for size in (path.stat().st_size, 4 << 30):
        os.truncate(path, size)
        run = subprocess.run(
            [sys.executable, "-c", _BOUNDED, str(path), str(tmp_path)], capture_output=True, check=True
        )
        taken.append(int(run.stdout))
    assert taken[1] < taken[0] + 20_000
