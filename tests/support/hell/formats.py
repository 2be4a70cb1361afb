"""A small whole picture in every format there is."""

import io
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.support import photos

WIDTH, HEIGHT = 160, 120


@lru_cache
def whole() -> dict[str, tuple[str, bytes]]:
    """By format: the suffix and a file's content. GIFs are pictures only where ACCEPT_GIF says so."""
    scene = photos.scene(WIDTH, HEIGHT)
    baseline = photos.jpeg(WIDTH, HEIGHT)
    return {
        "JPEG": (".jpg", baseline),
        "progressive JPEG": (".jpeg", photos.encoded(scene, "JPEG", quality=90, progressive=True)),
        "MPO": (".mpo", photos.encoded(scene, "MPO", save_all=True, append_images=[scene])),
        "PNG": (".png", photos.png(WIDTH, HEIGHT)),
        "palette PNG": (".png", photos.encoded(scene.quantize(), "PNG")),
        "WebP": (".webp", photos.webp(WIDTH, HEIGHT)),
        "lossless WebP": (".webp", photos.encoded(scene, "WEBP", lossless=True, method=0)),
        "animated WebP": (".webp", photos.several("WEBP", WIDTH, HEIGHT)),
        "TIFF": (".tif", photos.tiff(WIDTH, HEIGHT)),
        "LZW TIFF": (".tiff", photos.tiff(WIDTH, HEIGHT, "tiff_lzw")),
        "TIFF of pages": (".tif", photos.several("TIFF", WIDTH, HEIGHT)),
        "BMP": (".bmp", photos.bmp(WIDTH, HEIGHT)),
        "HEIC": (".heic", photos.heic(WIDTH, HEIGHT)),
        "AVIF": (".avif", photos.avif(WIDTH, HEIGHT)),
        "JPEG XL": (".jxl", photos.jxl(WIDTH, HEIGHT)),
        "JPEG in JPEG XL": (".jxl", _packed(baseline)),
        "DNG": (".dng", photos.dng(WIDTH, HEIGHT)),
        "DNG with preview": (".dng", photos.dng_with_preview(scene, WIDTH, HEIGHT)),
        "GIF": (".gif", photos.gif(WIDTH, HEIGHT)),
    }


@lru_cache
def upright() -> dict[str, Image.Image]:
    """By format: the picture that it shows, decoded whole and in RGB, but for RAW."""
    return {name: _opened(data) for name, (suffix, data) in whole().items() if suffix != ".dng"}


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _packed(jpeg: bytes) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.jpg"
        path.write_bytes(jpeg)
        return photos.jxl_of_jpeg(path)
