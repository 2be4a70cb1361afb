"""ICC profiles of any name, primaries and gamma."""

import struct

Primaries = tuple[tuple[float, float, float], ...]
_WHITE = (0.9642, 1.0, 0.8249)


def matrix_profile(name: str, primaries: Primaries, gamma: float) -> bytes:
    """A matrix profile (ICC version 2) with these primaries (XYZ, D50) and a plain gamma for each channel."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" * (1 + 78)
    tags = [(b"desc", text + b"\0" * (-len(text) % 4)), (b"wtpt", _xyz(_WHITE))]
    tags += [(key, _xyz(each)) for key, each in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for key, data in tags:
        table += key + struct.pack(">II", at + len(body), len(data))
        body += data
    return _head(128 + len(table) + len(body)) + table + body


def _head(size: int) -> bytes:
    kind = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head = (kind + b"\x07\xe6\0\1\0\1\0\0\0\0\0\0acsp").ljust(68, b"\0")
    return (head + b"".join(map(_fixed, _WHITE))).ljust(128, b"\0")


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))
