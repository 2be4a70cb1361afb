"""What reading the text in a picture costs: `python -m bench.texts`, with the real models of rapidocr."""

import asyncio
import io
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from cli import samples
from services.captioner.reader import RapidOcrReader
from services.processor.worker import PICTURE_SIDES

PICTURES = 3


def page(number: int) -> Image.Image:
    """A page with ten lines."""
    image = Image.new("RGB", (1024, 1400), "white")
    draw = ImageDraw.Draw(image)
    for line in range(10):
        text = f"Line {line} of page {number}: 128.50 EUR"
        draw.text((60, 60 + 120 * line), text, fill="black", font=ImageFont.load_default(40))
    return image


def jpeg(image: Image.Image) -> bytes:
    """The picture as the processor makes it for a text job."""
    scale = min(1.0, PICTURE_SIDES["text"] / min(image.size))
    smaller = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=85)
    return out.getvalue()


async def measure(reader: RapidOcrReader, pictures: Sequence[bytes]) -> tuple[float, float]:
    """Milliseconds a picture: by the clock, and of CPU over all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    for each in pictures:
        await reader.read(each)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return spent[0] / len(pictures) * 1000, spent[1] / len(pictures) * 1000


async def main() -> None:
    """Print both kinds."""
    reader = RapidOcrReader()
    await reader.read(jpeg(page(0)))  # loads the models
    with tempfile.TemporaryDirectory() as folder:
        samples.make(Path(folder) / "samples")
        paths = sorted((Path(folder) / "samples/photos").iterdir())[:PICTURES]
        photos = [jpeg(Image.open(path)) for path in paths]
    for name, pictures in (("pages", [jpeg(page(n)) for n in range(PICTURES)]), ("photos", photos)):
        wall, cpu = await measure(reader, pictures)
        print(f"{name}: {wall:.0f} ms, {cpu:.0f} ms of CPU a picture")


if __name__ == "__main__":
    asyncio.run(main())
