"""Photos for tests: real ones from installed packages, and every kind of file made from them.

Each function returns a whole file as bytes unless it says otherwise, the same bytes each time.
"""

import io
import struct
import zlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - plugs itself into Pillow
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from bench.raw import with_preview
from cli import raw_photo
from cli.raw_photo import directory

_SKIMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)

MAKE, MODEL, ORIENTATION, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825


def package(name: str) -> Path:
    """The folder of an installed package, which is not imported: scikit-learn's takes seconds."""
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def real_photos() -> list[Path]:
    """At least 15 real photos that installed packages bring along, JPEG and PNG."""
    images = package("sklearn") / "datasets/images"
    samples = package("matplotlib") / "mpl-data/sample_data"
    found = [package("skimage") / "data" / name for name in _SKIMAGE]
    found += [images / "china.jpg", images / "flower.jpg", samples / "grace_hopper.jpg"]
    return [path for path in found if path.is_file()]


@lru_cache
def scene(width: int = 640, height: int = 480) -> Image.Image:
    """A real photo resized to these pixels, RGB; it looks different from every side. Do not change it."""
    with Image.open(next(path for path in real_photos() if path.name == "china.jpg")) as photo:
        return photo.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


@lru_cache
def adobe_rgb_profile() -> bytes:
    """The ICC profile of a real photo that is not in sRGB."""
    with Image.open(next(path for path in real_photos() if path.name == "rocket.jpg")) as photo:
        profile = photo.info["icc_profile"]
    assert isinstance(profile, bytes)
    return profile


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture in a format that Pillow writes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 640, height: int = 480, *, orientation: int | None = None, quality: int = 90) -> bytes:
    """A JPEG of a camera: with an EXIF orientation, pixels of this size as stored, make, lens and place."""
    exif = camera_exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    return encoded(scene(width, height), "JPEG", quality=quality, exif=exif)


def camera_exif() -> Image.Exif:
    """EXIF as cameras write it."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = "Sluice", "Pinhole 1"
    shot = exif.get_ifd(EXIF_IFD)
    shot[0x829A], shot[0x829D] = IFDRational(1, 250), IFDRational(28, 10)
    shot[0x8827], shot[0x9003] = 200, "2024:05:17 10:11:12"
    place = exif.get_ifd(GPS_IFD)
    place[1], place[2] = "N", (48.0, 8.0, 15.0)
    return exif


def turned(orientation: int, width: int = 640, height: int = 480) -> tuple[Image.Image, Image.Exif]:
    """The scene as a camera held that way stores it, with its EXIF; upright, all eight are `width` wide."""
    stored = {
        1: lambda image: image,
        2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
        4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
        7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
        8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
    }[orientation](scene(width, height))
    exif = camera_exif()
    exif[ORIENTATION] = orientation
    return stored, exif


def upside(orientation: int, width: int = 640, height: int = 480) -> bytes:
    """A JPEG stored as a camera held that way stores it: shown upright, all eight look like `scene`."""
    stored, exif = turned(orientation, width, height)
    return encoded(stored, "JPEG", quality=95, exif=exif)


def png(width: int = 640, height: int = 480) -> bytes:
    """A PNG with EXIF."""
    return encoded(scene(width, height), "PNG", exif=camera_exif(), compress_level=1)


def webp(width: int = 640, height: int = 480) -> bytes:
    """A lossy WebP with EXIF."""
    return encoded(scene(width, height), "WEBP", quality=90, exif=camera_exif(), method=0)


def tiff(width: int = 640, height: int = 480, compression: str | None = None) -> bytes:
    """A TIFF with EXIF, only of the camera's name where it is compressed: libtiff writes no more."""
    exif = camera_exif()
    whole = exif if compression else exif.tobytes()
    return encoded(scene(width, height), "TIFF", exif=whole, compression=compression)


def bmp(width: int = 640, height: int = 480) -> bytes:
    """A BMP of 24 bits."""
    return encoded(scene(width, height), "BMP")


def gif(width: int = 64, height: int = 48) -> bytes:
    """A GIF, which is ingested only where ACCEPT_GIF says so."""
    return encoded(scene(width, height), "GIF")


def heic(width: int = 640, height: int = 480) -> bytes:
    """A HEIC with EXIF, as phones write it."""
    pillow_heif.register_heif_opener()
    quick = {"preset": "ultrafast"}
    return encoded(scene(width, height), "HEIF", quality=90, exif=camera_exif().tobytes(), enc_params=quick)


def avif(width: int = 640, height: int = 480) -> bytes:
    """An AVIF with EXIF."""
    return encoded(scene(width, height), "AVIF", quality=90, speed=10, exif=camera_exif())


def jxl(width: int = 640, height: int = 480) -> bytes:
    """A lossy JPEG XL with EXIF."""
    return encoded(scene(width, height), "JXL", quality=95, effort=3, exif=camera_exif().tobytes())


def jxl_of_jpeg(jpeg: Path) -> bytes:
    """A JPEG packed without loss into a JPEG XL; its orientation is in the codestream too."""
    out = io.BytesIO()
    with Image.open(jpeg) as image:
        image.save(out, "JXL", lossless_jpeg=True)
    return out.getvalue()


def without_boxes(data: bytes, kind: bytes) -> bytes:
    """A file of ISO boxes without those of one kind."""
    kept, at = b"", 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        kept += data[at : at + size] if data[at + 4 : at + 8] != kind else b""
        at += size
    return kept


def with_exif_box(data: bytes, exif: Image.Exif) -> bytes:
    """A JPEG XL in its container with plain EXIF instead of what Brotli compressed."""
    bare = without_boxes(data, b"brob")
    body = bytes(4) + exif.tobytes().removeprefix(b"Exif\0\0")
    at = bare.index(b"jxlp") - 4
    return bare[:at] + (len(body) + 8).to_bytes(4, "big") + b"Exif" + body + bare[at:]


def several(kind: str, width: int = 320, height: int = 240) -> bytes:
    """A TIFF of pages, or an animated WebP or GIF: first the scene, then two black pictures."""
    black = [Image.new("RGB", (width, height))] * 2
    return encoded(scene(width, height), kind, save_all=True, append_images=black)


def png_of_16_bits(pixels: NDArray[np.uint16]) -> bytes:
    """An RGB or RGBA PNG of 16 bits a sample, which Pillow does not write."""
    height, width, samples = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[samples], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def truncated(data: bytes, share: float = 0.6) -> bytes:
    """The first part of a file."""
    return data[: int(len(data) * share)]


def dng(width: int = 1024, height: int = 768, orientation: int = 1) -> bytes:
    """An uncompressed Bayer DNG without a preview; 6000 x 4000 makes one of 24 MP and 48 MB."""
    return raw_photo.dng(scene(width, height), orientation=orientation, model="Pinhole 1")


def dng_with_preview(preview: Image.Image, width: int = 1024, height: int = 768) -> bytes:
    """The same with a JPEG preview in a second directory, as converters write it."""
    return with_preview(dng(width, height), encoded(preview, "JPEG", quality=90), preview.size)


def with_shot(dng: bytes) -> bytes:
    """The same DNG with the EXIF and GPS directories that cameras write."""
    shot_at = len(dng)
    shot = directory(shot_at, [(0x829A, 5, [1, 250]), (0x829D, 5, [28, 10]), (0x8827, 3, [200])])
    place_at = shot_at + len(shot)
    place = directory(place_at, [(1, 2, b"N\0"), (2, 5, [48, 1, 8, 1, 15, 1])])
    (first,) = struct.unpack_from("<I", dng, 4)
    (count,) = struct.unpack_from("<H", dng, first)
    main = [dng[first + 2 + 12 * number :][:12] for number in range(count)]
    main += [struct.pack("<HHII", tag, 4, 1, at) for tag, at in ((EXIF_IFD, shot_at), (GPS_IFD, place_at))]
    main.sort(key=lambda entry: struct.unpack_from("<H", entry))
    whole = struct.pack("<H", len(main)) + b"".join(main) + bytes(4)
    return dng[:4] + struct.pack("<I", place_at + len(place)) + dng[8:] + shot + place + whole


def resized(data: bytes, share: float = 0.5) -> bytes:
    """A near-duplicate: the same picture with fewer pixels, as JPEG."""
    with Image.open(io.BytesIO(data)) as image:
        size = max(1, round(image.width * share)), max(1, round(image.height * share))
        return encoded(image.convert("RGB").resize(size, Image.Resampling.LANCZOS), "JPEG", quality=85)
