"""One file's failure, whatever the decoder raised on it."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import UnidentifiedImageError

from libs.common.errors import Code, FileError
from libs.common.imaging.containers import boxes, jpeg2000, jxl, tiff
from libs.common.imaging.containers.sniff import Format

_MUTE = (LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, struct.error)
"""What decoders raise where they did not foresee the damage: the words are Python's, of its own making."""

_MEANINGS = {
    "Generic Error": "it is damaged or cut short",  # libjxl says no more
    "decoder error": "it is damaged",
    "could not create decoder object": "it is damaged",
    "failed to read next frame": "it is damaged",
    "broken data stream": "its data is damaged",
    "unrecognized data stream": "its data is damaged",
    "Decoder plugin": "its data is damaged",
    "MAX_TEXT": "its texts or its colour profile are too large",
}
"""Words of decoders that mean nothing to who has never written one."""


@contextmanager
def decoding(data: bytes, kind: Format) -> Iterator[None]:
    """Turn any exception of a decoder into FileError: truncated_image or decode_failed."""
    try:
        yield
    except FileError:
        raise
    except MemoryError as error:
        raise FileError(Code.DECODE_FAILED, f"Not enough memory to decode this {kind}") from error
    except Exception as error:
        # Decoders raise nearly anything on damaged input, and one file must never stop a batch.
        if "truncated" in str(error).lower() or is_cut_short(data, kind):
            raise FileError(Code.TRUNCATED_IMAGE, f"The {kind} ends before the picture does") from error
        raise FileError(Code.DECODE_FAILED, f"The {kind} cannot be decoded: {_reason(error)}") from error


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """FileError too_many_pixels where width times height is over the limit."""
    if width * height > max_pixels:
        raise FileError(
            Code.TOO_MANY_PIXELS,
            f"The picture has {width} x {height} pixels; at most {max_pixels:,} are decoded",
        )


def is_cut_short(data: bytes, kind: Format) -> bool:
    """Whether the container itself says that more bytes should follow."""
    return _CUT_SHORT.get(kind, tiff.is_cut_short)(data)


_CUT_SHORT: dict[Format, Callable[[bytes], bool]] = {
    "JPEG": lambda data: b"\xff\xda" not in data or not data.rstrip(b"\0").endswith(b"\xff\xd9"),
    "PNG": lambda data: b"IEND" not in data[-16:],
    "WEBP": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    "BMP": lambda data: int.from_bytes(data[2:6], "little") > len(data),
    "GIF": lambda data: not data.rstrip(b"\0").endswith(b";"),
    "JXL": lambda data: data.startswith(jxl.CONTAINER) and boxes.is_cut_short(data),
    **dict.fromkeys(("HEIC", "AVIF", "CR3"), boxes.is_cut_short),
    "JPEG2000": jpeg2000.is_cut_short,
    **dict.fromkeys(("PSD", "MRW", "X3F", "CRW"), lambda _: False),
}


def _reason(error: Exception) -> str:
    """Why, in one line for people: what the decoder says where that means anything to them."""
    if isinstance(error, UnidentifiedImageError):
        return "its header is damaged"
    if isinstance(error, _MUTE):
        return "it is damaged"
    stated = error.args[0] if error.args else ""
    words = stated.decode(errors="replace") if isinstance(stated, bytes) else str(error)
    known = next((meaning for sign, meaning in _MEANINGS.items() if sign in words), None)
    return known or (words.strip().splitlines() or ["it is damaged"])[0]
