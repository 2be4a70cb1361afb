"""Camera RAW through LibRaw: the preview inside where it is large enough, else half-size demosaic."""

import io
from dataclasses import replace
from typing import Any

from PIL import Image

from libs.common.imaging.colour import shrinkable
from libs.common.imaging.containers import tiff
from libs.common.imaging.containers.sniff import sniff
from libs.common.imaging.containers.tiff import Directory
from libs.common.imaging.decode import decode
from libs.common.imaging.failures import check_pixels
from libs.common.imaging.metadata import packets
from libs.common.imaging.metadata.packets import Packets
from libs.common.imaging.orient import upright_size
from libs.common.imaging.picture import Picture
from libs.common.imaging.rare import previews
from libs.common.imaging.rare.tiffs import open_with_tifffile
from libs.common.imaging.shrink import Bounds, shrunk

_JPEG_XL = 52546

# LibRaw's flip, as EXIF would say it.
_ORIENTATIONS = {3: 3, 5: 8, 6: 6}


def decode_raw(data: bytes, bounds: Bounds, max_pixels: int) -> Picture:
    """The photo in `data`, shrunk to `bounds`. Raises whatever LibRaw does on damaged input."""
    import rawpy  # noqa: PLC0415 - 30 MB that most photo libraries never need

    directories = tiff.directories(data)
    if tiff.lacks_sensor_data(data) or tiff.lacks_directories(directories, len(data)):
        raise ValueError("truncated: sensor data is missing")
    if any(each.is_sensor and each.first(tiff.COMPRESSION) == _JPEG_XL for each in directories):
        return _unreadable(data, directories, bounds, max_pixels)
    try:
        return _decoded(rawpy, data, bounds, max_pixels)
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError):
        if (shown := _by_preview(data, directories, bounds, max_pixels)) is None:
            raise
        return shown


def _decoded(rawpy: Any, data: bytes, bounds: Bounds, max_pixels: int) -> Picture:
    with rawpy.imread(io.BytesIO(data)) as raw:
        check_pixels(raw.sizes.width, raw.sizes.height, max_pixels)
        orientation = _ORIENTATIONS.get(raw.sizes.flip, 1)
        width, height = upright_size((raw.sizes.width, raw.sizes.height), orientation)
        preview = _preview(rawpy, raw)
        found = _packets(data, preview)
        if preview is not None:
            picture = _from_preview(preview, orientation, (width, height), bounds, max_pixels)
            if picture is not None:
                return replace(picture, packets=found)
        small = _demosaiced(raw, bounds, (width, height))
        return Picture(small, width, height, "RGB", packets=found)


def _by_preview(data: bytes, directories: list[Directory], bounds: Bounds, max_pixels: int) -> Picture | None:
    """The largest preview that can be decoded, with what the file says; None where there is none."""
    for preview in previews.previews(data):
        try:
            shown = decode(preview, "JPEG", bounds, max_pixels)
        except (OSError, SyntaxError, ValueError):
            continue
        stated = directories[0].first(tiff.ORIENTATION) if directories else None
        turned = shown.orientation if shown.orientation != 1 else stated or 1
        width, height = upright_size((shown.width, shown.height), turned if shown.orientation == 1 else 1)
        found = _packets(data, preview)
        return replace(
            shown, width=width, height=height, orientation=turned, packets=found, note=previews.NOTE
        )
    return None


def _unreadable(data: bytes, directories: list[Directory], bounds: Bounds, max_pixels: int) -> Picture:
    """The largest preview of a DNG whose sensor data LibRaw cannot read, as that of version 1.7."""
    previews = [each for each in directories if not each.is_sensor and each.pixels]
    largest = max(previews, key=lambda each: each.pixels, default=None)
    if largest is None:
        raise ValueError("its sensor data are compressed as JPEG XL, and it has no preview")
    check_pixels(largest.first(tiff.WIDTH) or 0, largest.first(tiff.HEIGHT) or 0, max_pixels)
    image, _, profile = open_with_tifffile(data, largest)
    sensor = max((each for each in directories if each.is_sensor), key=lambda each: each.pixels)
    orientation = directories[0].first(tiff.ORIENTATION) or 1
    width, height = upright_size((sensor.first(tiff.WIDTH) or 0, sensor.first(tiff.HEIGHT) or 0), orientation)
    small = shrunk(shrinkable(image), bounds.fit(image.size))
    return Picture(small, width, height, "RGB", orientation, profile, packets.of_tiff(data))


def _packets(data: bytes, preview: bytes | None) -> Packets:
    """Of the file where it is a TIFF, if one with a magic number of its maker's; else of its preview."""
    if data[:2] in (b"II", b"MM"):
        return packets.of_tiff(data)
    own = packets.of_cr3(data)
    return own if own.exif else packets.of_jpeg(preview or b"")


def _preview(rawpy: Any, raw: Any) -> bytes | None:
    """The embedded JPEG, if there is one."""
    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    return thumb.data if thumb.format == rawpy.ThumbFormat.JPEG else None


def _from_preview(
    preview: bytes, orientation: int, full: tuple[int, int], bounds: Bounds, max_pixels: int
) -> Picture | None:
    """The preview as the picture; None if it has fewer pixels than are wanted, or cannot be decoded."""
    if sniff(preview) != "JPEG":
        return None
    try:
        picture = decode(preview, "JPEG", bounds, max_pixels)
    except (OSError, SyntaxError, ValueError):
        return None
    if min(picture.image.size) < min(bounds.fit(full)):
        return None
    turned = picture.orientation if picture.orientation != 1 else _still_to_turn(picture, orientation, full)
    return Picture(picture.image, *full, "RGB", turned, picture.profile)


def _still_to_turn(picture: Picture, orientation: int, full: tuple[int, int]) -> int:
    """Cameras store the preview as the sensor saw it or upright already: its shape tells which."""
    sideways = orientation >= 5
    is_upright = (picture.width > picture.height) == (full[0] > full[1])
    return 1 if sideways and is_upright else orientation


def _demosaiced(raw: Any, bounds: Bounds, full: tuple[int, int]) -> Image.Image:
    """Upright RGB from the sensor data, at half size where that is enough."""
    wanted = bounds.fit(full)
    half = min(full) // 2 >= min(wanted)
    pixels = raw.postprocess(half_size=half, use_camera_wb=True, output_bps=8)
    return shrunk(Image.fromarray(pixels), wanted)
