"""Pillow's decoders: what it calls them, and those that must be plugged in first."""

from collections.abc import Callable
from functools import lru_cache

from PIL import AvifImagePlugin

from libs.common.imaging.sniff import Format

# MPO is the JPEG of several pictures that phones write, the first being the photo.
_NAMES: dict[Format, tuple[str, ...]] = {"JPEG": ("JPEG", "MPO"), "HEIC": ("HEIF",)}

# As many decoder processes run as there are cores: threads within them would only get in each other's way.
_THREADS = 1


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
