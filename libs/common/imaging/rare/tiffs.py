"""TIFFs that Pillow refuses or gets wrong, through tifffile and imagecodecs, which only they load."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from libs.common.imaging.containers import tiff
from libs.common.imaging.containers.tiff import Directory
from libs.common.imaging.rare.samples import Alpha, Meaning, Samples, picture
from libs.common.imaging.rare.subsampled import is_subsampled, open_subsampled

_GREY, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB, _ICC_LAB = 1, 2, 3, 5, 6, 8, 9
_PILLOW_READS = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000))
_MEANINGS: dict[int, Meaning] = {
    0: "white is zero",
    _GREY: "grey",
    _RGB: "RGB",
    _CMYK: "CMYK",
    _LAB: "LAB",
    _ICC_LAB: "ICC LAB",
}
_MODES: dict[Meaning, str] = {"RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB", "ICC LAB": "LAB"}
_ALPHAS: dict[int, Alpha] = {1: "premultiplied", 2: "plain"}
"""By TIFF's ExtraSamples; any other channel says nothing of the picture."""
_COLOURS = 3
_WHOLE = 1
_CHUNKY = 1


def pillow_reads(directory: Directory) -> bool:
    """Whether Pillow gives this picture as it is: found out with each kind against its drawn values."""
    kind = directory.first(tiff.PHOTOMETRIC)
    if directory.first(tiff.COMPRESSION) not in (None, *_PILLOW_READS) or is_subsampled(directory):
        return False
    if kind == _PALETTE:
        return not _has_small_colours(directory.tags.get(tiff.COLOUR_MAP, ()))
    depths = directory.tags.get(tiff.BITS, (1,))
    chunky = directory.first(tiff.PLANAR) in (None, _CHUNKY)
    if not chunky and (kind == _LAB or len(depths) > _COLOURS):
        return False
    bits = set(depths)
    whole = set(directory.tags.get(tiff.SAMPLE_FORMAT, (_WHOLE,))) == {_WHOLE}
    if bits == {16}:
        return whole and chunky and kind in (_GREY, _RGB, _CMYK)
    return whole and max(bits) <= 8 and kind != _ICC_LAB


def open_with_tifffile(data: bytes, directory: Directory) -> tuple[Image.Image, str, bytes | None]:
    """The picture of this directory in 8 bits, its own mode in Pillow's words, and its ICC profile."""
    import tifffile  # noqa: PLC0415 - with its codecs 30 MB that most photo libraries never need

    if tiff.is_cut_short(data):
        raise ValueError("truncated: picture data is missing")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        file.filehandle.seek(directory.offset)
        page = tifffile.TiffPage(file, index=0)
        profile = page.tags.valueof(34675)
        if is_subsampled(directory):
            image, mode = open_subsampled(data, directory), "YCbCr"
        elif page.photometric == _PALETTE:
            image, mode = _resolved(_samples(page), np.asarray(page.colormap)), "P"
        else:
            image, mode = _meant(_samples(page), page)
    return image, mode, bytes(profile) if profile else None


def _samples(page: Any) -> Samples:
    return _in_order(page.asarray(maxworkers=1), page.axes)


def _meant(samples: Samples, page: Any) -> tuple[Image.Image, str]:
    photometric, bits = int(page.photometric), int(page.bitspersample)
    # tifffile gives what was compressed as YCbCr in RGB.
    meaning = _MEANINGS.get(_RGB if photometric == _YCBCR else photometric)
    if meaning is None:
        raise ValueError(f"its colours are of kind {photometric}, which is not known")
    extra = next(iter(page.extrasamples or ()), 0)
    image = picture(samples, meaning, bits, _ALPHAS.get(int(extra), "none"))
    return image, _MODES.get(meaning) or _grey_mode(samples, bits)


def _grey_mode(samples: Samples, bits: int) -> str:
    if samples.dtype.kind == "f":
        return "F"
    return "L" if bits <= 8 else "I;16" if bits <= 16 else "I"


def _in_order(samples: Samples, axes: str) -> Samples:
    """As (height, width, channels), of a volume the first slice."""
    for axis in "SYX":
        if axis not in axes:
            axes, samples = axes + axis, samples[..., np.newaxis]
    order = [axes.index(axis) for axis in axes if axis not in "YXS"] + [axes.index(axis) for axis in "YXS"]
    samples = samples.transpose(order)
    while samples.ndim > 3:
        samples = samples[0]
    return samples


def _resolved(indexes: Samples, colours: Samples) -> Image.Image:
    """The picture in its colours, which some writers give in 8 bits where 16 are meant."""
    levels = colours if colours.max() <= 255 else colours >> 8
    return Image.fromarray(levels.T.astype(np.uint8)[indexes[..., 0].astype(np.uint16)])


def _has_small_colours(colours: Sequence[int]) -> bool:
    return bool(colours) and max(colours) <= 255
