"""Which files lie next to a photo and describe it, by their names alone."""

import re
from collections.abc import Collection, Iterator

XMP = b".xmp"
_MOST_TAKEOUT_NAME = 46
"""Google Takeout cuts names of its JSON to so many characters, before `.json`."""
_SUPPLEMENT = b".supplemental-metadata"
_NUMBERED = re.compile(rb"^(.*)(\(\d+\))(\.[^.]*)$", re.DOTALL)
_EDITED = re.compile(rb"-(edited|bearbeitet|modifi\xc3\xa9|editado|modificato)$")


def xmp_of(name: bytes, there: Collection[bytes]) -> bytes | None:
    """The XMP sidecar of a photo among the names that are there, `IMG.jpg.xmp` before `IMG.xmp`."""
    stem = name.rpartition(b".")[0]
    candidates = (base + suffix for base in (name, stem) for suffix in (XMP, XMP.upper()))
    return next((candidate for candidate in candidates if candidate in there), None)


def takeout_of(name: bytes, there: Collection[bytes]) -> bytes | None:
    """The JSON of Google Takeout for a photo, among the names that are there."""
    return next((candidate for candidate in _takeout_names(name) if candidate in there), None)


def _takeout_names(name: bytes) -> Iterator[bytes]:
    """`IMG.jpg.json`, `IMG.jpg.supplemental-metadata.json`, both cut; `IMG(1).jpg` has `IMG.jpg(1).json`; an
    edited copy has its original's.
    """
    number = b""
    if numbered := _NUMBERED.match(name):
        name, number = numbered[1] + numbered[3], numbered[2]
    stem, dot, suffix = name.rpartition(b".")
    for base in dict.fromkeys((name, _EDITED.sub(b"", stem) + dot + suffix, stem)):
        for stated in (base + _SUPPLEMENT, base):
            yield stated[:_MOST_TAKEOUT_NAME] + number + b".json"
            yield stated + number + b".json"
