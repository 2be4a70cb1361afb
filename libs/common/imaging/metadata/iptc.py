"""IPTC's older records (IIM 4.2), as newsrooms and many programs still write them."""

import struct
from collections.abc import Iterator

from libs.common.imaging.containers import photoshop
from libs.common.imaging.metadata.dates import taken
from libs.common.imaging.metadata.text import clean, decoded, name, names
from libs.common.metadata import NOTHING, Metadata

_MARKER = 0x1C
_ENVELOPE, _APPLICATION = 1, 2
_CHARSET = (_ENVELOPE, 90)
_TITLE, _KEYWORD, _DATE, _TIME, _HEADLINE, _CAPTION = 5, 25, 55, 60, 105, 120
_MOST_RECORDS = 2048
_PHOTOSHOP = b"Photoshop 3.0\0"


def metadata_of(records: bytes) -> Metadata:
    """What the records say; what is damaged ends them."""
    if not records:
        return NOTHING
    found: dict[int, list[bytes]] = {}
    declared = None
    for record, dataset, data in _records(records):
        if (record, dataset) == _CHARSET:
            declared = {b"\x1b%G": "utf-8"}.get(data)
        elif record == _APPLICATION:
            found.setdefault(dataset, []).append(data)
    texts = {dataset: [decoded(data, declared) for data in all_of] for dataset, all_of in found.items()}
    first = {dataset: all_of[0] for dataset, all_of in texts.items()}
    when = taken(first.get(_DATE, "") + " " + first.get(_TIME, "")) or taken(first.get(_DATE))
    return Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        title=name(first.get(_TITLE) or first.get(_HEADLINE)),
        description=clean(first.get(_CAPTION)),
        keywords=names(texts.get(_KEYWORD, ())),
    )


def in_photoshop(resources: bytes) -> bytes:
    """The records among Photoshop's image resources, which is where a JPEG has them; b"" for none."""
    section = resources.removeprefix(_PHOTOSHOP)
    return next((data for number, data in photoshop.resources(section) if number == photoshop.IPTC), b"")


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for _ in range(_MOST_RECORDS):
        if at + 5 > len(data) or data[at] != _MARKER:
            return
        record, dataset, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000:  # the length of a longer one follows
            width = size & 0x7FFF
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        if at + size > len(data):
            return
        yield record, dataset, data[at : at + size]
        at += size
