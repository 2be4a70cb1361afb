"""Prints docs/formats.md's table: `python -m scripts.formats_table`. Needs the extra dev."""

import sys
import time
from collections.abc import Callable
from statistics import median

import PIL
from PIL import features

from libs.common.imaging.containers.sniff import Format
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos

SIZE = (4000, 3000)
RUNS = 5


def samples() -> dict[str, Callable[[], bytes]]:
    """By what it shows, a file of 12 megapixels."""
    width, height = SIZE
    return {
        "JPEG": lambda: photos.jpeg(width, height),
        "PNG": lambda: photos.png(width, height),
        "WebP": lambda: photos.webp(width, height),
        "TIFF": lambda: photos.tiff(width, height),
        "BMP": lambda: photos.bmp(width, height),
        "GIF": lambda: photos.gif(width, height),
        "HEIC": lambda: photos.heic(width, height),
        "AVIF": lambda: photos.avif(width, height),
        "JPEG XL": lambda: photos.jxl(width, height),
        "DNG with a preview": lambda: photos.dng_with_preview(photos.scene(1600, 1200), width, height),
        "DNG without": lambda: photos.dng(width, height),
    }


def decoders() -> dict[str, str]:
    """What decodes each format, with its version."""
    import pillow_heif  # noqa: PLC0415 - a plug-in, asked for its version only here
    import rawpy  # noqa: PLC0415

    pillow = f"Pillow {PIL.__version__}"
    raw = ".".join(map(str, rawpy.libraw_version))
    return {
        "JPEG": f"{pillow}, libjpeg-turbo {features.version('libjpeg_turbo')}, at 1/2 to 1/8",
        "PNG": f"{pillow}, zlib-ng {features.version('zlib_ng')}",
        "WEBP": f"{pillow}, libwebp {features.version('webp')}",
        "TIFF": f"{pillow}, libtiff {features.version('libtiff')}",
        "AVIF": f"{pillow}, libavif {features.version('avif')}",
        "HEIC": f"pillow-heif {pillow_heif.__version__}, libheif {pillow_heif.libheif_version()}",
        "JXL": "pillow-jxl-plugin, libjxl",
        "DNG": f"rawpy, LibRaw {raw}",
        "BMP": pillow,
        "GIF": f"{pillow}, its first frame",
    }


def milliseconds(data: bytes) -> float:
    """The median of a few whole normalisations: decode, shrink, thumbnail, EXIF, encode."""
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        normalise(data, Limits(gif=True))
        taken.append(time.perf_counter() - began)
    return 1000 * median(taken)


def main() -> None:
    """Print the table, a row at a time."""
    used = decoders()
    print("| Sample | MB | Told as | Decoder | ms |\n|---|---:|---|---|---:|")
    for name, make in samples().items():
        data = make()
        kind: Format = normalise(data, Limits(gif=True)).format  # type: ignore[assignment] # a plain str there
        row = f"| {name} | {len(data) / 1e6:.1f} | {kind} | {used[kind]} | {milliseconds(data):.0f} |"
        print(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
