"""Which files lie next to a photo and describe it, by their names alone."""

import re
from collections.abc import Collection, Iterator

XMP = b".xmp"
_MOST_TAKEOUT_NAME = 46
"""Google Takeout cuts names of its JSON to so many characters, before `.json`."""
_SUPPLEMENT = b".supplemental-metadata"
_SUPPLEMENTS = (*(_SUPPLEMENT[:end] for end in range(len(_SUPPLEMENT), 0, -1)), b"")
_NUMBERED = re.compile(rb"^(.*)(\(\d+\))(\.[^.]*)$", re.DOTALL)
_EDITED_IN = (
    *("edited", "effects", "smile", "mix", "bearbeitet", "bewerkt", "modifié", "editado", "ha editado"),
    *("modificato", "editat", "edytowane", "編集済み"),
)
_EDITED = re.compile(f"-({'|'.join(_EDITED_IN)})$".encode(), re.IGNORECASE)
_VIDEO = re.compile(rb"\.(mp4|mov)$", re.IGNORECASE)
_STILLS = tuple(b"." + kind for kind in (b"HEIC", b"heic", b"JPG", b"jpg", b"JPEG", b"jpeg"))
"""What the moving half of such a picture has its description from."""


def xmp_of(name: bytes, there: Collection[bytes]) -> bytes | None:
    """The XMP sidecar of a photo among the names that are there, `IMG.jpg.xmp` before `IMG.xmp`."""
    stem = name.rpartition(b".")[0]
    candidates = (base + suffix for base in (name, stem) for suffix in (XMP, XMP.upper()))
    return next((candidate for candidate in candidates if candidate in there), None)


def takeout_of(name: bytes, there: Collection[bytes]) -> bytes | None:
    """The JSON of Google Takeout for a photo, among the names that are there."""
    return next((candidate for candidate in _takeout_names(name) if candidate in there), None)


def _takeout_names(name: bytes) -> Iterator[bytes]:
    """`IMG.jpg.json`, `IMG.jpg.supplemental-metadata.json`, cut anywhere; `IMG(1).jpg` has `IMG.jpg(1).json`,
    or its own; an edited copy has its original's, and a video that of the picture which it belongs to.
    """
    yield from _cut(name, b"")
    number = b""
    if numbered := _NUMBERED.match(name):
        name, number = numbered[1] + numbered[3], numbered[2]
    stem, dot, suffix = name.rpartition(b".")
    stills = [stem + still for still in _STILLS] if _VIDEO.match(dot + suffix) else []
    for base in dict.fromkeys((name, _EDITED.sub(b"", stem) + dot + suffix, stem, *stills)):
        yield from _cut(base, number)


def _cut(base: bytes, number: bytes) -> Iterator[bytes]:
    for supplement in _SUPPLEMENTS:
        stated = base + supplement
        yield stated + number + b".json"
        if len(stated) > _MOST_TAKEOUT_NAME:
            yield stated[:_MOST_TAKEOUT_NAME] + number + b".json"
            yield _characters(stated) + number + b".json"


def _characters(name: bytes) -> bytes:
    """The name cut by characters, where it is text."""
    return name.decode("utf-8", "surrogateescape")[:_MOST_TAKEOUT_NAME].encode("utf-8", "surrogateescape")
