"""The composite of PSD and PSB files of every depth, kind of colour and compression."""

import zlib

import numpy as np
from PIL import Image

from libs.common.imaging.containers.photoshop import Document
from libs.common.imaging.rare.samples import Meaning, Samples, picture

WITHOUT_COMPOSITE = "It was saved without a composite of its layers: its small preview is shown"
_BITMAP, _INDEXED = (0, 1), (2, 8)
"""Kinds of colour that have one depth."""
_MEANINGS: dict[int, Meaning] = {1: "grey", 3: "RGB", 4: "CMYK", 8: "grey", 9: "ICC LAB"}
_COLOURS: dict[Meaning, int] = {"grey": 1, "RGB": 3, "CMYK": 4, "ICC LAB": 3}
_TYPES = {8: ">u1", 16: ">u2", 32: ">f4"}
_FLOATS = 32
_WITH_FLOATS = ("RGB", "grey")
_RAW, _RUNS, _ZIP, _ZIP_OF_DIFFERENCES = range(4)
_MISSING = "truncated: pixels are missing"


def open_composite(data: bytes, found: Document) -> tuple[Image.Image, str]:
    """The composite of this document in 8 bits, on white, and its own mode in Pillow's words.

    ValueError where there is none, or not all of it.
    """
    if (found.mode, found.depth) == _BITMAP:
        return _bitmap(data, found), "1"
    if (found.mode, found.depth) == _INDEXED:
        colours = np.frombuffer(found.colours[:768].ljust(768, b"\0"), np.uint8).reshape(3, 256).T
        return Image.fromarray(colours[_planes(data, found, 1, ">u1")[0]]), "P"
    meaning = _MEANINGS.get(found.mode)
    if (
        meaning is None
        or found.depth not in _TYPES
        or (found.depth == _FLOATS and meaning not in _WITH_FLOATS)
    ):
        raise ValueError(f"its colours are of kind {found.mode} with {found.depth} bits, which is not known")
    image = _meant(data, found, meaning)
    return image, image.mode


def _meant(data: bytes, found: Document, meaning: Meaning) -> Image.Image:
    colours, most = _COLOURS[meaning], 1 if found.depth == _FLOATS else (1 << found.depth) - 1
    has_alpha = found.has_transparency and found.channels > colours
    planes = _planes(data, found, colours + has_alpha, _TYPES[found.depth])
    is_blended = not has_alpha or _is_on_white(planes, meaning, most)
    if meaning == "CMYK":  # paper is the highest number
        planes[:4] = most - planes[:4]
    return picture(planes.transpose(1, 2, 0), meaning, found.depth, "none" if is_blended else "plain")


def _is_on_white(planes: Samples, meaning: Meaning, most: int) -> bool:
    """Whether the colours are those on white already, as Photoshop has them: where nothing is to be seen they
    are white then.
    """
    darkest = planes[:1] if meaning == "ICC LAB" else planes[:-1]
    seen = darkest.min(axis=0).astype(np.float32) + planes[-1]
    return bool((seen >= most * (1 - 1 / 32)).all())


def _bitmap(data: bytes, found: Document) -> Image.Image:
    row = (found.width + 7) // 8
    bits = _unpacked(data, found, found.height, row)
    # A one is black.
    return Image.frombytes("1", (found.width, found.height), bytes(bits), "raw", "1;I")


def _planes(data: bytes, found: Document, count: int, kind: str) -> Samples:
    """The first planes, shape (count, height, width), for writing."""
    samples = np.dtype(kind)
    body = _unpacked(data, found, count * found.height, found.width * samples.itemsize)
    differs = _compression(data, found) == _ZIP_OF_DIFFERENCES
    if differs and found.depth == _FLOATS:
        body = _undiffered(body, count * found.height)
    planes = np.frombuffer(body, samples).reshape(count, found.height, found.width)
    if found.depth == _FLOATS:  # white is 1; what is brighter shines
        return np.clip(np.nan_to_num(planes.astype(np.float32)), 0, 1)
    if differs:
        return np.cumsum(planes, axis=2, dtype=samples.newbyteorder("="))
    return planes.astype(samples.newbyteorder("="))


def _undiffered(body: bytes, rows: int) -> bytes:
    """Of differences of bytes, in each row the first ones of all numbers before their second ones."""
    levels = np.cumsum(np.frombuffer(body, np.uint8).reshape(rows, -1), axis=1, dtype=np.uint8)
    return levels.reshape(rows, 4, -1).transpose(0, 2, 1).tobytes()


def _unpacked(data: bytes, found: Document, rows: int, row_bytes: int) -> bytes:
    """The first rows, of all planes one after another."""
    compression, at, size = _compression(data, found), found.composite + 2, rows * row_bytes
    if compression == _RAW:
        body = data[at : at + size]
    elif compression == _RUNS:
        body = _runs(data, found, rows, size)
    elif compression in (_ZIP, _ZIP_OF_DIFFERENCES):
        body = zlib.decompressobj().decompress(data[at:], size)
    else:
        raise ValueError(f"its composite is compressed in way {compression}, which is not known")
    if len(body) < size:
        raise ValueError(_MISSING)
    return body


def _compression(data: bytes, found: Document) -> int:
    return int.from_bytes(data[found.composite : found.composite + 2], "big")


def _runs(data: bytes, found: Document, rows: int, size: int) -> bytes:
    """Of rows whose packed lengths stand before all of them."""
    import imagecodecs  # noqa: PLC0415 - with its codecs 30 MB that most photo libraries never need

    at, width = found.composite + 2, 4 if found.is_large else 2
    start = at + found.channels * found.height * width
    lengths = np.frombuffer(data[at : at + rows * width], f">u{width}")
    packed = data[start : start + int(lengths.sum())]
    if len(lengths) < rows or len(packed) < int(lengths.sum()):
        raise ValueError(_MISSING)
    return bytes(imagecodecs.packbits_decode(packed, out=size))
