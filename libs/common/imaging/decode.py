"""All that is no RAW, through Pillow and its plug-ins, at a reduced scale where the format allows it."""

import io
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from libs.common.errors import FileError
from libs.common.imaging import cicp, gamma
from libs.common.imaging.codecs import decoders
from libs.common.imaging.colour import shrinkable
from libs.common.imaging.containers import boxes, items, jpeg2000, jxl, photoshop, plainer, png, tiff
from libs.common.imaging.containers.jpeg import Frame
from libs.common.imaging.containers.jpeg2000 import Header
from libs.common.imaging.containers.sniff import Format
from libs.common.imaging.containers.tiff import Directory
from libs.common.imaging.failures import check_pixels
from libs.common.imaging.metadata import packets
from libs.common.imaging.metadata.packets import NO_PACKETS, Packets
from libs.common.imaging.orient import orientation_of, upright_size
from libs.common.imaging.picture import Picture
from libs.common.imaging.rare import bitmaps, endless
from libs.common.imaging.rare.deep_jpegs import deep_frame, open_deep
from libs.common.imaging.rare.jpegs_2000 import open_rare, rare_header
from libs.common.imaging.rare.photoshop import WITHOUT_COMPOSITE, open_composite
from libs.common.imaging.rare.tiffs import open_with_tifffile, pillow_reads
from libs.common.imaging.shrink import Bounds, shrunk

# Pillow's own limit would warn, once and for the whole process; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_GREYS = {"L": "RGB", "LA": "RGBA"}


def decode(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture:
    """The first picture in `data`, shrunk to `bounds`. Raises whatever Pillow does on damaged input."""
    if kind == "JXL":
        check_pixels(*jxl.size_of(data), max_pixels)  # opening it decodes it
    if (known := _decode_known(data, kind, bounds, max_pixels)) is not None:
        return known
    if kind == "HEIC":
        data = boxes.with_known_brand(data)
    try:
        return _decode(data, kind, bounds, max_pixels)
    except FileError:
        raise
    except Exception as error:
        if kind == "BMP" and bitmaps.has_masks(data):
            return _decode_by_masks(data, bounds, max_pixels)
        is_refused = isinstance(error, UnidentifiedImageError)
        picture = _decode_refused(data, kind, bounds, max_pixels) if is_refused else None
        picture = picture or _decode_made_good(data, kind, bounds, max_pixels)
        if picture is None:
            raise
        return picture


def _decode_known(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture | None:
    """The picture where Pillow is known to refuse it or to take it wrongly; else None."""
    match kind:
        case "TIFF" if (rare := _rare_page(data)) is not None:
            return _decode_rare(data, rare, bounds, max_pixels)
        case "PSD":
            return _decode_composite(data, bounds, max_pixels)
        case "BMP" if bitmaps.has_alpha(data):
            return _decode_by_masks(data, bounds, max_pixels)
        case "JPEG2000" if (found := rare_header(data)) is not None:
            return _decode_rare_2000(data, found, bounds, max_pixels)
    return None


def _decode_refused(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture | None:
    """What another decoder makes of a file that Pillow does not take; None where there is none for it."""
    if kind == "TIFF":
        return _decode_rare(data, _page(data), bounds, max_pixels)
    if kind == "JPEG" and (found := deep_frame(data)) is not None:
        return _decode_deep(data, found, bounds, max_pixels)
    return None


def _decode_made_good(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture | None:
    """The picture without what keeps it from being decoded and has nothing to do with it; else None."""
    again = _made_good(data, kind, bounds)
    if again is None:
        return None
    shown = _decode(again, kind, bounds, max_pixels)
    if kind == "JPEG":
        return replace(shown, note=endless.NOTE)
    # What kept it from being decoded is often well written.
    return shown if kind == "PNG" else replace(shown, packets=packets.of_heif(data, NO_PACKETS))


def _decode(data: bytes, kind: Format, bounds: Bounds, max_pixels: int) -> Picture:
    with Image.open(io.BytesIO(data), formats=decoders(kind)) as image:
        check_pixels(*image.size, max_pixels)
        mode, declared = image.mode, image.size
        image.draft(None, bounds.fit(declared))
        drafted = image.size != declared
        image.load()
        key = image.info.get("transparency")
        if kind == "PNG" and image.mode != "P" and isinstance(key, int | tuple):
            image.info["transparency"] = png.shown_key(data, key)
        orientation = 1 if _is_upright(image) else orientation_of(image)
        found = _packets(image, data, kind)
        # Pillow takes no notice of it, where libheif does.
        crop = items.crop_of(data, image.size) if kind == "AVIF" else None
        shown = image.crop(crop) if crop else bitmaps.shown(image) if kind == "BMP" else image
        full = declared if drafted else shown.size
        width, height = upright_size(full, orientation)
        small, profile = shrunk(shrinkable(shown), bounds.fit(full)), _profile(image, data, kind)
        if kind == "PNG" and profile and small.mode in _GREYS and profile != image.info.get("icc_profile"):
            small = small.convert(_GREYS[small.mode])  # that profile is one of colours
        return Picture(small, width, height, mode, orientation, profile, found)


def _profile(image: Image.Image, data: bytes, kind: Format) -> bytes | None:
    """What its colours are: a PNG's code points go before its profile, a profile before other code points."""
    stated: bytes | None = image.info.get("icc_profile")
    if kind == "PNG" and (points := cicp.in_png(data)):
        return cicp.profile_of(points)
    if kind == "PNG" and not stated:
        return gamma.profile_of(image.info)
    if kind == "JPEG2000":
        return jpeg2000.profile(data)
    if kind in ("HEIC", "AVIF") and not stated and (points := items.colours_of(data)):
        return cicp.profile_of(points)
    return stated


def _made_good(data: bytes, kind: Format, bounds: Bounds) -> bytes | None:
    """The file without that; else None."""
    match kind:
        case "JPEG":
            return endless.completed(data, (bounds.short, bounds.short))
        case "PNG":
            plain = png.without_damage(data)
        case "HEIC" | "AVIF":
            plain = plainer.without_extras(plainer.with_one_list(data))
        case _:
            return None
    return None if plain == data else plain


def _decode_composite(data: bytes, bounds: Bounds, max_pixels: int) -> Picture:
    found = photoshop.document(data)
    check_pixels(found.width, found.height, max_pixels)
    described = dict(photoshop.resources(found.resources))
    written = packets.of_photoshop(found.resources)
    if preview := photoshop.preview(described):
        shown = _decode(preview, "JPEG", bounds, max_pixels)
        return replace(shown, width=found.width, height=found.height, packets=written, note=WITHOUT_COMPOSITE)
    image, mode = open_composite(data, found)
    small = shrunk(shrinkable(image), bounds.fit(image.size))
    return Picture(small, *image.size, mode, 1, described.get(photoshop.PROFILE), written)


def _decode_deep(data: bytes, found: Frame, bounds: Bounds, max_pixels: int) -> Picture:
    check_pixels(found.width, found.height, max_pixels)
    image = open_deep(data, found)
    return Picture(shrunk(image, bounds.fit(image.size)), *image.size, image.mode)


def _decode_rare_2000(data: bytes, found: Header, bounds: Bounds, max_pixels: int) -> Picture:
    check_pixels(found.width, found.height, max_pixels)
    image = open_rare(data, found)
    small, profile = shrunk(image, bounds.fit(image.size)), jpeg2000.profile(data)
    return Picture(small, *image.size, image.mode, 1, profile, packets.of_jpeg_2000(data))


def _decode_by_masks(data: bytes, bounds: Bounds, max_pixels: int) -> Picture:
    check_pixels(*bitmaps.size_of(data), max_pixels)
    image = bitmaps.open_with_masks(data)
    mode = "RGBA" if bitmaps.has_alpha(data) else "RGB"
    return Picture(shrunk(image, bounds.fit(image.size)), *image.size, mode)


def _packets(image: Image.Image, data: bytes, kind: Format) -> Packets:
    match kind:
        case "TIFF":
            return packets.of_tiff(data)
        case "JPEG2000":
            return packets.of_jpeg_2000(data)
        case "GIF":
            return packets.of_gif(data)
    found = packets.of_image(image)
    match kind:
        case "JXL":
            return packets.of_jxl(data, found)
        case "HEIC" | "AVIF":
            return packets.of_heif(data, found)
    return found


def _page(data: bytes) -> Directory:
    """The picture's directory. ValueError if there is none."""
    page = tiff.picture_of(tiff.directories(data))
    if page is None:
        raise ValueError("its header is damaged")
    return page


def _rare_page(data: bytes) -> Directory | None:
    """The picture's directory where Pillow would refuse it, take it wrongly or take another one."""
    found = tiff.directories(data)
    page = tiff.picture_of(found)
    if page is None or (page is found[0] and pillow_reads(page)):
        return None
    return page


def _decode_rare(data: bytes, page: Directory, bounds: Bounds, max_pixels: int) -> Picture:
    check_pixels(page.first(tiff.WIDTH) or 0, page.first(tiff.HEIGHT) or 0, max_pixels)
    image, mode, profile = open_with_tifffile(data, page)
    orientation = page.first(tiff.ORIENTATION) or 1
    small = shrunk(shrinkable(image), bounds.fit(image.size))
    return Picture(
        small, *upright_size(image.size, orientation), mode, orientation, profile, packets.of_tiff(data)
    )


def _is_upright(image: Image.Image) -> bool:
    """Whether the decoder has turned the picture already, and its EXIF still says how it was.

    JPEG XL has an orientation of its own, which libjxl obeys, except in a JPEG packed without loss.
    """
    return image.format == "JXL" and not getattr(image, "jpeg", False)
