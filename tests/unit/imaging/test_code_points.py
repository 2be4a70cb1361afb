"""Colours that code points tell, as FFmpeg's own colour management (libswscale) shows them."""

import io
import struct
import zlib
from typing import Any

import av
import numpy as np
import pillow_heif
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc
from PIL import Image

from libs.common.imaging.cicp import profile_of
from libs.common.imaging.containers.boxes import boxes
from libs.common.imaging.containers.sniff import HEAD_BYTES
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise, normalise_video
from libs.common.imaging.video.sniff import sniff_video
from tests.support import photos
from tests.unit.imaging.reference import difference, pixels

SCENE = photos.scene(400, 300)
EXPECTED = np.asarray(SCENE, dtype=float)
SRGB, P3, BT2020 = 1, 12, 9
OF_SRGB, GAMMA22, LINEAR, PQ, HLG = 13, 4, 8, 16, 18


def by_ffmpeg(picture: Image.Image, old: tuple[int, int], new: tuple[int, int]) -> Image.Image:
    """The picture of some code points in others."""
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24")
    frame.color_primaries, frame.color_trc = old
    wanted = {"dst_color_primaries": ColorPrimaries(new[0]), "dst_color_trc": ColorTrc(new[1])}
    return Image.fromarray(frame.reformat(format="rgb24", **wanted).to_ndarray())


def wide(*points: int) -> Image.Image:
    """The scene in the colours of these code points."""
    return by_ffmpeg(SCENE, (SRGB, OF_SRGB), (points[0], points[1]))


def told(data: bytes, primaries: int, transfer: int) -> bytes:
    """The HEIC or AVIF with these code points in place of its own."""
    assert [box.kind for box in boxes(data)].count(b"meta") == 1
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def told_in_png(picture: Image.Image, primaries: int, transfer: int) -> bytes:
    data = photos.encoded(picture, "PNG")
    body = b"cICP" + bytes((primaries, transfer, 0, 1))
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


@pytest.mark.slow
@pytest.mark.parametrize("primaries", [P3, BT2020])
def test_a_wide_gamut_of_an_avif(primaries: int) -> None:
    picture = wide(primaries, OF_SRGB)
    data = told(photos.encoded(picture, "AVIF", quality=95, speed=10), primaries, OF_SRGB)
    assert difference(normalise(data, Limits()).jpeg, EXPECTED) < 5.0
    assert np.abs(np.asarray(picture, dtype=float) - EXPECTED).mean() > 1.0


@pytest.mark.slow
def test_a_wide_gamut_of_a_heic() -> None:
    pillow_heif.register_heif_opener()
    points = {"color_primaries": P3, "transfer_characteristics": OF_SRGB, "matrix_coefficients": 6}
    picture = wide(P3, OF_SRGB)
    picture.info["nclx_profile"] = points | {"full_range_flag": 1}
    data = photos.encoded(picture, "HEIF", quality=95)
    assert difference(normalise(data, Limits()).jpeg, EXPECTED) < 5.0


@pytest.mark.parametrize(
    "points",
    [(P3, OF_SRGB), *(pytest.param((SRGB, curve), marks=pytest.mark.slow) for curve in (GAMMA22, LINEAR))],
)
def test_code_points_of_a_png(points: tuple[int, int]) -> None:
    found = normalise(told_in_png(wide(*points), *points), Limits())
    assert difference(found.jpeg, EXPECTED) < 5.0


@pytest.mark.parametrize("points", [(1, 13), (1, 1), (2, 2), (1, 6), (2, 13), (99, 13), (0, 0)])
def test_srgb_and_what_is_not_known_stay_as_they_are(points: tuple[int, int]) -> None:
    assert profile_of(points) is None


@pytest.mark.slow
def test_an_icc_profile_goes_before_them() -> None:
    profile = photos.adobe_rgb_profile()
    data = photos.encoded(SCENE, "AVIF", quality=95, speed=10, icc_profile=profile)
    expected = normalise(photos.encoded(SCENE, "PNG", icc_profile=profile), Limits())
    assert difference(normalise(data, Limits()).jpeg, pixels(expected.jpeg)) < 5.0


def nits(signal: float) -> float:
    """PQ's curve (BT.2100, table 4)."""
    power = signal ** (32 / 2523)
    return float(10_000 * (max(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610))


@pytest.mark.slow
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_greys_rise_from_black_to_white_without_a_cast(transfer: int) -> None:
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2))
    data = told(photos.encoded(ramp, "AVIF", quality=100, subsampling="4:4:4"), BT2020, transfer)
    found = pixels(normalise(data, Limits()).jpeg)[32]
    assert found[0].max() < 3
    assert found[-1].min() > 252
    assert (np.diff(found.mean(axis=1)) > -2.5).all()
    assert (found.max(axis=1) - found.min(axis=1)).max() < 8


def test_a_dim_grey_in_pq_has_the_light_that_it_names() -> None:
    """Half a screen's white (203 cd/m2) and less is shown as it is."""
    level = 100
    grey = Image.new("RGB", (64, 64), (level,) * 3)
    data = told(photos.encoded(grey, "AVIF", quality=100), BT2020, PQ)
    light = nits(level / 255) / 203
    expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert pixels(normalise(data, Limits()).jpeg).mean() == pytest.approx(expected, abs=3)


def film(primaries: int, transfer: int) -> bytes:
    out, picture = io.BytesIO(), np.asarray(wide(primaries, transfer))
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 400, 300, "yuv444p"
        stream.codec_context.options = {"crf": "5"}
        stream.codec_context.color_primaries, stream.codec_context.color_trc = primaries, transfer
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.slow
def test_a_video_of_a_wide_gamut() -> None:
    data = film(P3, OF_SRGB)
    video = sniff_video(data[:HEAD_BYTES])
    assert video is not None
    found = normalise_video(io.BytesIO(data), video, Limits())
    assert difference(found.jpeg, EXPECTED) < 6.0
