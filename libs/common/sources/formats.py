"""Which file names promise a picture, and which are never looked at.

Names are bytes, as the operating system has them. This module imports nothing heavy: the scanner needs it,
and decodes nothing.
"""

import os

IMAGE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".dib"),
        *(".heic", ".heif", ".hif", ".avif", ".jxl"),
    )
)
"""Suffixes of the formats that are decoded as they are."""

RAW_SUFFIXES = frozenset((".dng", ".arw", ".cr2", ".cr3", ".nef", ".orf", ".rw2", ".raf", ".pef", ".srw"))
"""Suffixes of camera RAW formats."""

RAW_NAMES = frozenset({"RAW", *(suffix.removeprefix(".").upper() for suffix in RAW_SUFFIXES)})
"""What the format of a RAW file is called."""

SUPPORTED_SUFFIXES = IMAGE_SUFFIXES | RAW_SUFFIXES

GIF_SUFFIX = ".gif"
"""A picture only where ACCEPT_GIF says so."""

SIDECAR_SUFFIXES = frozenset((".xmp", ".aae", ".thm"))
"""Suffixes of files that describe the picture next to them; not pictures themselves."""

SYSTEM_FILES = frozenset((b"thumbs.db", b"ehthumbs.db", b"desktop.ini", b"icon\r"))
"""Files that operating systems leave in photo folders, in lower case."""


def accepted_suffixes(*, gif: bool) -> frozenset[str]:
    """The suffixes of files that are looked at; `gif` is the setting ACCEPT_GIF."""
    return SUPPORTED_SUFFIXES | {GIF_SUFFIX} if gif else SUPPORTED_SUFFIXES


def suffix_of(name: bytes) -> str:
    """The suffix of a file name or path in lower case, dot included; empty if it has none."""
    last = os.fsdecode(name.rpartition(b"/")[2])
    dot = last.rfind(".")
    return last[dot:].lower() if 0 < dot < len(last) - 1 else ""


def is_ignored_file(name: bytes) -> bool:
    """Whether a file of this name (no folders) is passed over in silence: hidden, sidecar, system's."""
    hidden = name.startswith(b".")
    return hidden or suffix_of(name) in SIDECAR_SUFFIXES or name.lower() in SYSTEM_FILES
