import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.errors import Code, FileError
from libs.common.imaging.containers import boxes, jxl, sniff, tiff
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import NormalisedImage, normalise
from tests.support import photos

# Pillow warns of damage that it reads past.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

FILES = {
    "jpeg": photos.jpeg(160, 120),
    "png": photos.png(160, 120),
    "webp": photos.webp(160, 120),
    "tiff": photos.tiff(160, 120),
    "deflated tiff": photos.tiff(160, 120, compression="tiff_adobe_deflate"),
    "bmp": photos.bmp(160, 120),
    "dng": photos.dng(160, 120),
    "heic": photos.heic(160, 120),
    "avif": photos.avif(160, 120),
    "jxl": photos.jxl(160, 120),
}


def code_of(data: bytes, limits: Limits | None = None) -> Code:
    with pytest.raises(FileError) as caught:
        normalise(data, limits or Limits())
    assert caught.value.detail
    return caught.value.code


def test_an_empty_file() -> None:
    assert code_of(b"") is Code.EMPTY_FILE


@pytest.mark.parametrize(
    "data", [b"just text\n", photos.gif(), b"\0" * 100_000, b"BM but no bitmap at all, really"]
)
def test_what_is_no_supported_picture(data: bytes) -> None:
    assert code_of(data) is Code.UNSUPPORTED_TYPE


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_ends_early(name: str, share: float) -> None:
    assert code_of(photos.truncated(FILES[name], share)) is Code.TRUNCATED_IMAGE


def test_a_jpeg_that_ends_in_its_header() -> None:
    assert code_of(FILES["jpeg"][:200]) is Code.TRUNCATED_IMAGE


def test_a_large_jpeg_decoded_at_a_reduced_scale_is_still_found_truncated() -> None:
    assert code_of(photos.truncated(photos.jpeg(3000, 2000), 0.9)) is Code.TRUNCATED_IMAGE


def test_a_damaged_png() -> None:
    data = bytearray(FILES["png"])
    data[len(data) // 2] ^= 0xFF
    assert code_of(bytes(data)) is Code.DECODE_FAILED


@pytest.mark.parametrize("name", FILES)
def test_too_many_pixels(name: str) -> None:
    assert code_of(FILES[name], Limits(max_pixels=160 * 120 - 1)) is Code.TOO_MANY_PIXELS


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    header = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in chunks
    )
    assert code_of(data) is Code.TOO_MANY_PIXELS


def outcome(data: bytes) -> NormalisedImage | FileError:
    try:
        return normalise(data, Limits(max_pixels=4_000_000))
    except FileError as error:
        return error


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_anywhere_gives_a_result_or_a_file_error(data: st.DataObject) -> None:
    damaged = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    where = st.one_of(st.integers(0, min(600, len(damaged) - 1)), st.integers(0, len(damaged) - 1))
    for place in data.draw(st.lists(where, min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(damaged))))
    found = outcome(bytes(damaged[:cut]))
    assert isinstance(found, NormalisedImage | FileError)
    if isinstance(found, NormalisedImage):
        assert found.jpeg.startswith(b"\xff\xd8")
        assert all(text.encode() for text in found.exif.values())


@settings(max_examples=300)
@given(
    st.sampled_from(
        [
            b"II*\0",
            b"MM\0*",
            b"IIRO",
            b"\xff\xd8\xff",
            b"RIFF",
            b"BM",
            b"\0\0\0\x20ftypmif1",
            jxl.CONTAINER,
            b"",
        ]
    ),
    st.binary(max_size=400),
)
def test_telling_formats_apart_never_fails(magic: bytes, rest: bytes) -> None:
    sniff.sniff(magic + rest)
    assert len(tiff.directories(magic + rest)) <= 32
    assert len(list(boxes.boxes(magic + rest))) <= 60


def test_directories_that_point_at_each_other_end() -> None:
    loop = b"II*\0" + (8).to_bytes(4, "little") + b"\0\0" + (8).to_bytes(4, "little")
    assert len(tiff.directories(loop)) == 1


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("jpeg", lambda data: data.replace(b"\xff\xc0", b"\xff\xc1\0\0"), "its header is damaged"),
        ("png", lambda data: data[:-2000] + b"\0" * 1000 + data[-1000:], "its data is damaged"),
        ("deflated tiff", lambda data: data[:200] + b"\xff" * 2000 + data[2200:], "it is damaged"),
        ("webp", lambda data: data[:30] + b"\xff" * 200 + data[230:], "it is damaged"),
    ],
)
def test_the_reason_is_in_words_for_people(name: str, damage: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(FileError) as caught:
        normalise(damage(FILES[name]), Limits())
    assert caught.value.detail.endswith(f"cannot be decoded: {reason}")


def test_a_photo_is_none_the_worse_for_exif_of_four_bytes() -> None:
    whole = photos.encoded(photos.scene(160, 120), "PNG")
    flawed = photos.encoded(photos.scene(160, 120), "PNG", exif=b"Exif\0\0MM\0*")
    assert normalise(flawed, Limits()).jpeg == normalise(whole, Limits()).jpeg


def test_a_colour_profile_of_a_megabyte_is_unpacked() -> None:
    profile = photos.adobe_rgb_profile() + bytes(2 << 20)
    assert normalise(photos.encoded(photos.scene(160, 120), "PNG", icc_profile=profile), Limits()).jpeg


@pytest.mark.parametrize("name", [b"eXIf", b"tEXt", b"iCCP"])
def test_a_chunk_of_a_png_that_is_damaged_and_has_no_pixels_is_left_out(name: bytes) -> None:
    whole = photos.encoded(
        photos.scene(160, 120), "PNG", exif=photos.camera_exif(), icc_profile=photos.adobe_rgb_profile()
    )
    body = name + b"Title\0words"
    at = whole.index(b"IDAT") - 4
    size = (len(body) - 4).to_bytes(4, "big")
    damaged = whole[:at] + size + body + b"\0\0\0\0" + whole[at:]
    found = normalise(damaged, Limits())
    assert found.jpeg == normalise(whole, Limits()).jpeg
    assert found.metadata.camera == "Sluice Pinhole 1"


def test_a_png_whose_pixels_are_damaged_is_refused() -> None:
    data = bytearray(FILES["png"])
    data[data.index(b"IDAT") + 40] ^= 0xFF
    assert code_of(bytes(data)) in (Code.DECODE_FAILED, Code.TRUNCATED_IMAGE)
