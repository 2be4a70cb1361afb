"""From a file's bytes to what travels: one small upright RGB JPEG, a thumbnail and the metadata."""

from dataclasses import dataclass
from typing import IO

from PIL import Image

from libs.common.errors import Code, FileError
from libs.common.imaging.colour import srgb
from libs.common.imaging.containers.sniff import RAW_FORMATS, Format, accepted
from libs.common.imaging.decode import decode
from libs.common.imaging.failures import decoding
from libs.common.imaging.limits import Limits
from libs.common.imaging.metadata.exif import exif_of, exif_of_parts
from libs.common.imaging.metadata.packets import Packets
from libs.common.imaging.metadata.read import metadata_of
from libs.common.imaging.orient import upright
from libs.common.imaging.picture import Picture
from libs.common.imaging.raw import decode_raw
from libs.common.imaging.shrink import Bounds, jpeg, jpeg_within, thumbnail
from libs.common.imaging.timing import Timed, untimed
from libs.common.imaging.video.poster import poster_of
from libs.common.imaging.video.sniff import VIDEO_FORMATS, Video
from libs.common.metadata import Kind, Metadata, size_of

READING = 7
"""Counted up when files give another picture, or more is read from them; what older versions read is read
again.
"""
DISPLAY_QUALITY = 90


@dataclass(frozen=True, slots=True)
class NormalisedImage:
    """What the pipeline needs of a picture.

    `jpeg` is upright sRGB within the limits it was made with, `thumbnail` a JPEG of at most 200 pixels a
    side. `width` and `height` are the full picture's, upright; `format` and `mode` the original's.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    format: str
    mode: str
    exif: dict[str, str]
    metadata: Metadata
    kind: Kind = "photo"
    note: str | None = None


def normalise(data: bytes, limits: Limits, timed: Timed = untimed) -> NormalisedImage:
    """Decode the whole file `data`, turn it upright, and shrink it to `limits`; `timed` in its two steps.

    Raises FileError: empty_file, unsupported_type, too_many_pixels, truncated_image, decode_failed.
    """
    kind = format_of(data, gif=limits.gif)
    with decoding(data, kind):
        with timed("decode"):
            picture = _decode(data, kind, Bounds(limits.short_side, limits.long_side), limits.max_pixels)
            metadata = metadata_of(picture.packets)
        with timed("encode"):
            return _travelling(picture, kind, metadata, limits)


def normalise_video(file: IO[bytes], video: Video, limits: Limits, timed: Timed = untimed) -> NormalisedImage:
    """As `normalise`, of a poster of the video; FileError decode_failed, too_many_pixels."""
    bounds = Bounds(limits.short_side, limits.long_side)
    with timed("decode"):
        picture, metadata = poster_of(file, video, bounds, limits.max_pixels)
    with timed("encode"):
        return _travelling(picture, video.format, metadata, limits)


def _kind(name: str) -> Kind:
    if name in RAW_FORMATS:
        return "raw"
    return "video" if name in VIDEO_FORMATS else "photo"


def _travelling(picture: Picture, kind: str, metadata: Metadata, limits: Limits) -> NormalisedImage:
    image = _finished(picture)
    small, exif = thumbnail(image), _exif(picture.packets)
    taken = len(small) + sum(len(k) + 4 * len(v) + 16 for k, v in exif.items()) + size_of(metadata)
    return NormalisedImage(
        jpeg=jpeg_within(image, limits.record_bytes - taken),
        thumbnail=small,
        width=picture.width,
        height=picture.height,
        format=kind,
        mode=picture.mode,
        exif=exif,
        metadata=metadata,
        kind=_kind(kind),
        note=picture.note,
    )


def displayable(data: bytes, limits: Limits, long_side: int = 4096) -> bytes:
    """The picture as an upright sRGB JPEG for a browser, at most `long_side` pixels; FileError as above."""
    kind = format_of(data, gif=limits.gif)
    with decoding(data, kind):
        bounds = Bounds(long_side, long_side)
        return jpeg(_finished(_decode(data, kind, bounds, limits.max_pixels)), DISPLAY_QUALITY)


def displayable_video(file: IO[bytes], video: Video, limits: Limits, long_side: int = 4096) -> bytes:
    """As `displayable`, of a poster of the video."""
    picture, _ = poster_of(file, video, Bounds(long_side, long_side), limits.max_pixels)
    return jpeg(_finished(picture), DISPLAY_QUALITY)


def format_of(data: bytes, *, gif: bool = False) -> Format:
    """What the file is, by content; `gif`: a GIF will do. FileError empty_file or unsupported_type."""
    if not data:
        raise FileError(Code.EMPTY_FILE, "The file is empty")
    kind = accepted(data, gif=gif)
    if kind is None:
        raise FileError(Code.UNSUPPORTED_TYPE, "Skipped non-image file")
    return kind


def _decode(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture:
    if kind in RAW_FORMATS:
        return decode_raw(data, bounds, max_pixels)
    return decode(data, kind, bounds, max_pixels)


def _exif(found: Packets) -> dict[str, str]:
    if found.exif_part or found.gps_part:
        return exif_of_parts(found.exif, found.exif_part, found.gps_part)
    return exif_of(found.exif)


def _finished(picture: Picture) -> Image.Image:
    return upright(srgb(picture.image, picture.profile), picture.orientation)
