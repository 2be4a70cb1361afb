"""When a camcorder recorded: AVCHD has it in the stream of pictures, in user data of H.264.

Layout: a UUID, `MDPM`, the number of entries, of each its tag and four bytes (exiftool, H264.pm).
"""

from typing import Any

from libs.common.imaging.metadata.dates import Taken, taken

_BEGIN = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_DATE, _TIME = 0x18, 0x19
_UNKNOWN, _SUMMER, _WEST, _HALF = 0x80, 0x40, 0x20, 0x01
"""Bits of the zone: that it is not set, and what it is with its whole hours between the last two."""


def recorded_at(frame: Any) -> Taken | None:
    """The date in the data that come with a frame; None where there is none."""
    for data in map(bytes, frame.side_data):
        if data.startswith(_BEGIN):
            return _date(data[len(_BEGIN) :])
    return None


def _date(counted: bytes) -> Taken | None:
    end = min(1 + 5 * int.from_bytes(counted[:1], "big"), len(counted))
    found = {counted[at]: counted[at + 1 : at + 5] for at in range(1, end, 5)}
    date, time = found.get(_DATE, b""), found.get(_TIME, b"")
    if len(date) + len(time) != 8:
        return None
    # Each byte holds two digits, as they are read.
    digits = (date[1:] + time).hex()
    return taken(f"{digits[:8]} {digits[8:]}", _offset(date[0]))


def _offset(zone: int) -> str | None:
    if zone & _UNKNOWN:
        return None
    hours = (zone >> 1 & 0x0F) * (-1 if zone & _WEST else 1) + bool(zone & _SUMMER)
    return f"{hours:+03d}:{'30' if zone & _HALF else '00'}"
