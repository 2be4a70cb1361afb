"""AVCHD keeps its date in the stream of pictures."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise_video
from libs.common.imaging.video.sniff import sniff_video
from libs.common.metadata import Metadata
from tests.support import exiftool, photos

SCENE = photos.scene(160, 120)
IN_SUMMER = bytes((2, 0x18, 0x42, 0x20, 0x12, 0x07, 0x19, 0x21, 0x18, 0x03, 0x11))
WESTERN = bytes((2, 0x18, 0x27, 0x20, 0x12, 0x07, 0x19, 0x21, 0x18, 0x03, 0x11))
WITHOUT_ZONE = bytes((3, 0x13, 9, 9, 9, 9, 0x18, 0xFF, 0x20, 0x12, 0x07, 0x19, 0x21, 0x18, 0x03, 0x11))


def recorded(entries: bytes) -> bytes:
    """A transport stream of H.264 whose first picture has these data of its camcorder."""
    body = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM" + entries
    stated = b"\0\0\0\1\6\5" + bytes((len(body),)) + body + b"\x80"
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts", options={"mpegts_m2ts_mode": "1"}) as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SCENE.size, "yuv420p"
        for packet in (
            *stream.encode(av.VideoFrame.from_ndarray(np.asarray(SCENE), "rgb24")),
            *stream.encode(None),
        ):
            with_data = av.Packet(stated + bytes(packet))
            with_data.pts, with_data.dts = packet.pts, packet.dts
            with_data.time_base, with_data.stream = packet.time_base, stream
            container.mux(with_data)
    return out.getvalue()


def metadata(data: bytes) -> Metadata:
    found = sniff_video(data[:HEAD_BYTES])
    assert found is not None
    return normalise_video(io.BytesIO(data), found, Limits()).metadata


@pytest.mark.parametrize(
    ("entries", "at"),
    [
        (IN_SUMMER, "2012-07-21T18:03:11+02:00"),
        (WESTERN, "2012-07-21T18:03:11-03:30"),
        (WITHOUT_ZONE, "2012-07-21T18:03:11Z"),
    ],
)
def test_the_date_of_an_avchd_recording(entries: bytes, at: str) -> None:
    found = metadata(recorded(entries))
    assert (found.taken_at, found.taken_local) == (at, "2012-07-21T18:03:11")


@pytest.mark.parametrize("entries", [b"", b"\2\x18", bytes(11), b"\2\x18\0\xff\xff\xff\x19\xff\xff\xff\xff"])
def test_data_that_are_no_date_say_nothing(entries: bytes) -> None:
    assert metadata(recorded(entries)).taken_at is None


@pytest.mark.slow
@pytest.mark.skipif(not exiftool.is_here(), reason="needs exiftool (Debian: libimage-exiftool-perl)")
def test_exiftool_reads_the_same_date(tmp_path: Path) -> None:
    path = tmp_path / "a.m2ts"
    path.write_bytes(recorded(WESTERN))
    (tags,) = exiftool.read([path])
    assert tags["H264:DateTimeOriginal"] == "2012:07:21 18:03:11-03:30"
