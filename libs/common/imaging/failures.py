"""One file's failure, whatever the decoder raised on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from libs.common.errors import Code, FileError
from libs.common.imaging import tiff
from libs.common.imaging.sniff import Format


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
        reason = str(error) or type(error).__name__
        raise FileError(Code.DECODE_FAILED, f"The {kind} cannot be decoded: {reason}") from error


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """FileError too_many_pixels where width times height is over the limit."""
    if width * height > max_pixels:
        raise FileError(
            Code.TOO_MANY_PIXELS,
            f"The picture has {width} x {height} pixels; at most {max_pixels:,} are decoded",
        )


def is_cut_short(data: bytes, kind: Format) -> bool:
    """Whether the container itself says that more bytes should follow."""
    match kind:
        case "JPEG":
            return b"\xff\xda" not in data or not data.rstrip(b"\0").endswith(b"\xff\xd9")
        case "PNG":
            return b"IEND" not in data[-16:]
        case "WEBP":
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case "BMP":
            return int.from_bytes(data[2:6], "little") > len(data)
        case _:
            return tiff.is_cut_short(data)
