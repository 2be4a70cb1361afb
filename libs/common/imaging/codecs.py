"""Pillow's decoders: what it calls them, and those that must be plugged in first."""

from collections.abc import Callable
from functools import lru_cache

from PIL import AvifImagePlugin, PngImagePlugin

from libs.common.imaging.containers.sniff import Format

# MPO, the JPEG of several pictures that phones write, has no name here: the JPEG decoder gives the first.
_NAMES: dict[Format, tuple[str, ...]] = {"HEIC": ("HEIF",)}

# As many decoder processes run as there are cores: threads within them would only get in each other's way.
_THREADS = 1


MAX_TEXT_BYTES = 16 << 20
"""To this size a PNG's texts and colour profile are unpacked; Pillow's 1 MB is less than editors write."""

PngImagePlugin.MAX_TEXT_CHUNK = MAX_TEXT_BYTES


@lru_cache
def decoders(kind: Format) -> tuple[str, ...]:
    """The names of Pillow's decoders of a format, plugged in."""
    plug_in = _PLUG_INS.get(kind)
    if plug_in is not None:
        plug_in()
    return _NAMES.get(kind, (kind,))


def _avif() -> None:
    AvifImagePlugin.DEFAULT_MAX_THREADS = _THREADS


def _heic() -> None:
    import pillow_heif  # noqa: PLC0415 - only libraries with such photos load it

    pillow_heif.register_heif_opener(decode_threads=_THREADS)


def _jxl() -> None:
    from pillow_jxl import JpegXLImagePlugin  # noqa: PLC0415 - only libraries with such photos load it

    JpegXLImagePlugin.DECODE_THREADS = 0  # its word for: none but this one


_PLUG_INS: dict[Format, Callable[[], None]] = {"AVIF": _avif, "HEIC": _heic, "JXL": _jxl}
