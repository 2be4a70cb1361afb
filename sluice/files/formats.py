"""Which file names promise a picture, and which are never looked at.

Names are bytes, as the operating system has them. This module imports nothing heavy: the scanner needs it,
and decodes nothing.
"""

import os
import re

from sluice.files.rules import HIDDEN, SIDECAR, SYSTEM_FILE

IMAGE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".dib"),
        *(
            ".heic",
            ".heif",
            ".hif",
            ".avif",
            ".jxl",
            ".psd",
            ".psb",
            ".jp2",
            ".j2k",
            ".j2c",
            ".jpc",
            ".jpx",
            ".jpf",
        ),
    )
)
"""Suffixes of the formats that are decoded as they are."""

RAW_SUFFIXES = frozenset(
    (
        *(".dng", ".arw", ".cr2", ".cr3", ".nef", ".orf", ".rw2", ".raf", ".pef", ".srw"),
        *(".crw", ".kdc", ".nrw", ".rwl", ".3fr", ".iiq", ".sr2", ".mrw", ".x3f"),
        *(".erf", ".mef", ".mos", ".dcr", ".fff", ".srf", ".gpr"),
    )
)
"""Suffixes of camera RAW formats."""

RAW_NAMES = frozenset({"RAW", *(suffix.removeprefix(".").upper() for suffix in RAW_SUFFIXES)})
"""What the format of a RAW file is called."""

SUPPORTED_SUFFIXES = IMAGE_SUFFIXES | RAW_SUFFIXES

GIF_SUFFIX = ".gif"
"""A picture only where ACCEPT_GIF says so."""

VIDEO_SUFFIXES = frozenset(
    (
        *(".mov", ".mp4", ".m4v", ".3gp", ".avi", ".mkv", ".webm"),
        *(".mts", ".m2ts", ".wmv", ".mpg", ".mpeg"),
    )
)
"""Suffixes of videos."""

SIDECAR_SUFFIXES = frozenset((".xmp", ".aae", ".thm"))
"""Suffixes of files that describe the picture next to them; not pictures themselves."""

_NUMBER = re.compile(rb"\(\d+\)$")
_SUPPLEMENT = b".supplemental-metadata"
_CUT_TO = 46
_TAKEOUT_SUFFIXES = SUPPORTED_SUFFIXES | VIDEO_SUFFIXES | {GIF_SUFFIX}

SYSTEM_FILES = frozenset((b"thumbs.db", b"ehthumbs.db", b"desktop.ini", b"icon\r"))
"""Files that operating systems leave in photo folders, in lower case."""


def accepted_suffixes(*, gif: bool, video: bool = False) -> frozenset[str]:
    """The suffixes of files that are looked at; the settings ACCEPT_GIF and ACCEPT_VIDEO add some."""
    with_gif = SUPPORTED_SUFFIXES | {GIF_SUFFIX} if gif else SUPPORTED_SUFFIXES
    return with_gif | VIDEO_SUFFIXES if video else with_gif


def suffix_of(name: bytes) -> str:
    """The suffix of a file name or path in lower case, dot included; empty if it has none."""
    last = os.fsdecode(name.rpartition(b"/")[2])
    dot = last.rfind(".")
    return last[dot:].lower() if 0 < dot < len(last) - 1 else ""


def is_ignored_file(name: bytes) -> bool:
    """Whether a file of this name (no folders) is passed over in silence: hidden, sidecar, system's."""
    return ignored_file_rule(name) is not None


def ignored_file_rule(name: bytes) -> str | None:
    """Why it is passed over; None where it is not."""
    if name.startswith(b"."):
        return HIDDEN
    if suffix_of(name) in SIDECAR_SUFFIXES or is_takeout(name):
        return SIDECAR
    return SYSTEM_FILE if name.lower() in SYSTEM_FILES else None


def is_takeout(name: bytes) -> bool:
    """Whether it is a JSON that Google Takeout puts next to a photo, or into its album's folder.

    Their names are those of the photos, cut to 46 characters and with the photo's number at the end.
    """
    if not name.lower().endswith(b".json"):
        return False
    stem = _NUMBER.sub(b"", name[: -len(b".json")])
    inner = suffix_of(stem.removesuffix(b".")).lower()
    supplement = b"." + stem.rpartition(b".")[2]
    return (
        stem.lower() == b"metadata"
        or inner in _TAKEOUT_SUFFIXES
        or (len(supplement) > 1 and _SUPPLEMENT.startswith(supplement))
        or _CUT_TO in (len(stem), len(os.fsdecode(stem)))
    )
