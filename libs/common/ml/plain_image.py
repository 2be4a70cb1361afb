"""A plain image that any ML service can take: it tells an image's fault from the service's own."""

import struct
import zlib

from libs.common.ml.inference import Image

_SIDE = 32


def probe_image() -> Image:
    """A small colour gradient as PNG."""
    rows = (b"\0" + bytes(value for x in range(_SIDE) for value in (x * 8, y * 8, 128)) for y in range(_SIDE))
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"".join(rows))), _chunk(b"IEND", b""))
    return Image("probe", "probe", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
