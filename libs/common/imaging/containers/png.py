"""PNG: the colour that stands for transparency (`tRNS`) in the depth of Pillow's samples, and damaged chunks.

Layout: PNG, third edition, sections 5 and 11.3.1.1. Nothing here trusts the file.
"""

import zlib

_DEPTH_AT = 24
_DEEP = 16
_CHUNKS_AT, _FRAME, _ANCILLARY = 8, 12, 0x20
"""Where the first chunk is, the bytes around its data, and the bit of its name that says: no pixels."""

Key = int | tuple[int, int, int]


def shown_key(data: bytes, key: Key) -> Key:
    """The key, which the file has in its own depth, as a sample of Pillow's: 16-bit greys keep theirs, 16-bit
    colours lose their lower bytes, and greys of less than 8 bits are spread to 255.
    """
    depth = data[_DEPTH_AT]
    if isinstance(key, tuple):
        red, green, blue = (channel >> 8 if depth == _DEEP else channel for channel in key)
        return red, green, blue
    return key * 255 // ((1 << depth) - 1) if depth < 8 else key


def without_damage(data: bytes) -> bytes:
    """The file without what describes the picture and is damaged; viewers leave such chunks out, where Pillow
    refuses the file.
    """
    kept, at, from_here = [data[:_CHUNKS_AT]], _CHUNKS_AT, _CHUNKS_AT
    while at + _FRAME <= len(data):
        end = at + _FRAME + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4] & _ANCILLARY and end <= len(data) and not _is_whole(data, at, end):
            kept.append(data[from_here:at])
            from_here = end
        at = end
    return b"".join((*kept, data[from_here:]))


def _is_whole(data: bytes, at: int, end: int) -> bool:
    return zlib.crc32(memoryview(data)[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
