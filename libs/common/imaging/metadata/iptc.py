"""IPTC's older records (IIM 4.2), as newsrooms and many programs still write them."""

import struct
from collections.abc import Iterator

from libs.common.imaging.containers import photoshop
from libs.common.imaging.metadata.dates import Taken, taken
from libs.common.imaging.metadata.text import clean, decoded, name, names
from libs.common.metadata import NOTHING, Metadata

_MARKER = 0x1C
_ENVELOPE, _APPLICATION = 1, 2
_CHARSET = (_ENVELOPE, 90)
_ESCAPES = (b"\x1b-", b"\x1b.", b"\x1b/")
_CHARSETS = {
    b"A": "iso8859-1", b"B": "iso8859-2", b"C": "iso8859-3", b"D": "iso8859-4", b"L": "iso8859-5",
    b"G": "iso8859-6", b"F": "iso8859-7", b"H": "iso8859-8", b"M": "iso8859-9",
}  # fmt: skip
"""The last letter of what ISO 2022 escapes to; UTF-8 is taken for itself."""
_TITLE, _KEYWORD, _HEADLINE, _CAPTION = 5, 25, 105, 120
_DATES = ((55, 60), (62, 63))
"""Day and time of the picture, and of its digital form."""
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
            declared = _CHARSETS.get(data[-1:]) if data[:2] in _ESCAPES else None
        elif record == _APPLICATION:
            found.setdefault(dataset, []).append(data)
    texts = {dataset: [decoded(data, declared) for data in all_of] for dataset, all_of in found.items()}
    first = {dataset: all_of[0] for dataset, all_of in texts.items()}
    when = next(
        (date for day, time in _DATES if (date := _date(first.get(day, ""), first.get(time, "")))), None
    )
    return Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        title=name(first.get(_TITLE) or first.get(_HEADLINE)),
        description=clean(first.get(_CAPTION)),
        keywords=names(texts.get(_KEYWORD, ())),
    )


def _date(day: str, time: str) -> Taken | None:
    return taken(f"{day} {time}") or taken(day)


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
