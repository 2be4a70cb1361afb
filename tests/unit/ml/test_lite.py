"""Reading images of every kind, and refusing what is none."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from libs.common.errors import Code, FileError, SluiceError
from services.ml.engine.backend import Described
from services.ml.lite.lite import LiteBackend
from tests.support.describing import describe
from tests.unit.ml.photos import jpeg, photo


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def described(data: bytes) -> Described:
    (result,) = describe(LiteBackend(), [data], caption=True)
    assert isinstance(result, Described), result
    return result


def likeness(one: bytes, other: bytes) -> float:
    return float(described(one).embedding @ described(other).embedding)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_every_colour_mode_is_read(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert described(encoded(photo("coffee").convert(mode), kind)).embedding.shape == (512,)


def test_sixteen_bit_grey_is_the_same_picture_as_eight() -> None:
    grey = photo("coffee").convert("L")
    deep = Image.fromarray((np.asarray(grey).astype(np.uint16) << 8) + 7)
    assert deep.mode == "I;16"
    assert likeness(encoded(deep, "PNG"), encoded(grey, "PNG")) > 0.999


def test_transparency_is_seen_on_white() -> None:
    clear = photo("coffee").convert("RGBA")
    clear.putalpha(0)
    assert likeness(encoded(clear, "PNG"), jpeg(Image.new("RGB", clear.size, "white"))) > 0.999


def test_a_turned_photo_is_read_upright() -> None:
    upright = photo("coffee")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=92)
    assert likeness(turned, jpeg(upright)) > 0.99
    assert "landscape photo" in str(described(turned).caption)


@pytest.mark.parametrize(
    "data",
    [b"", b"not an image", jpeg(photo("coffee"))[:2000], b"\x89PNG\r\n\x1a\n" + b"\0" * 40],
    ids=["empty", "text", "truncated", "damaged"],
)
def test_what_is_no_image_is_its_own_error_and_spares_the_batch(data: bytes) -> None:
    good = jpeg(photo("coffee"))
    before, bad, after = describe(LiteBackend(), [good, data, good], caption=False)
    assert isinstance(before, Described)
    assert isinstance(after, Described)
    assert isinstance(bad, FileError)
    assert bad.code == Code.DECODE_FAILED


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    (result,) = describe(LiteBackend(), [encoded(Image.new("1", (12_000, 8_000)), "PNG")], caption=False)
    assert isinstance(result, FileError)
    assert result.code == Code.TOO_MANY_PIXELS


def test_text_has_no_place_in_this_space() -> None:
    with pytest.raises(SluiceError, match="no text model") as refused:
        LiteBackend().embed_text("a cup of coffee")
    assert refused.value.code == Code.NO_TEXT_MODEL


def test_an_image_takes_less_than_ten_milliseconds_of_one_core() -> None:
    data = jpeg(photo("china").resize((672, 448)), quality=85)
    describe(LiteBackend(), [data], caption=True)
    started = time.thread_time()
    describe(LiteBackend(), [data] * 40, caption=True)
    assert (time.thread_time() - started) / 40 < 0.010
