"""Reading texts, with the real models, in pictures made here."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from libs.common.errors import Code, FileError
from services.captioner.reader import LONGEST_TEXT, RapidOcrReader

pytest.importorskip("rapidocr")
pytestmark = pytest.mark.slow


def picture(*lines: str, size: int = 48, ground: str = "white", ink: str = "black") -> bytes:
    image = Image.new("RGB", (900, 80 + 90 * max(1, len(lines))), ground)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 90 * number), line, fill=ink, font=ImageFont.load_default(size))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture(scope="module")
def reader() -> RapidOcrReader:
    return RapidOcrReader()


async def test_a_screenshot_and_a_sign_are_read_line_by_line(reader: RapidOcrReader) -> None:
    found = await reader.read(picture("Invoice 2041", "Total: 128.50 EUR", "Thank you"))
    assert found.startswith("Invoice 2041")
    assert "128.50" in found
    sign = await reader.read(picture("PLATFORM 9", size=90, ground="navy", ink="yellow"))
    assert "PLATFORM" in sign
    assert "9" in sign


async def test_a_picture_without_text_has_none(reader: RapidOcrReader) -> None:
    assert await reader.read(picture()) == ""
    assert len(await reader.read(picture("x" * 30))) < LONGEST_TEXT


async def test_what_is_no_picture_is_that_files_failure(reader: RapidOcrReader) -> None:
    with pytest.raises(FileError) as error:
        await reader.read(b"no picture")
    assert error.value.code is Code.TEXT_FAILED
