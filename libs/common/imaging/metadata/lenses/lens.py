"""The lens: what EXIF says, else what the maker's own note does, else its focal lengths."""

import struct

from libs.common.imaging.metadata.ifds import Ifds
from libs.common.imaging.metadata.lenses.notes import noted
from libs.common.imaging.metadata.lenses.words import described, named

_LENS_MODEL, _SPECIFICATION = 0xA434, 0xA432


def lens_of(found: Ifds, make: str) -> str | None:
    """The lens in words; None where nothing tells it."""
    model = found.exif.get(_LENS_MODEL)
    stated = named(model.data) if model is not None else None
    if stated:
        return stated
    try:
        in_note = noted(found, make.upper())
    except (struct.error, LookupError):
        in_note = None
    specification = found.exif.get(_SPECIFICATION)
    return in_note or (described(specification.numbers()) if specification is not None else None)
