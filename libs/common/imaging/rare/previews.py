"""The pictures inside a RAW file that no decoder knows: cameras are sold before LibRaw has learned them."""

from collections.abc import Iterator

from libs.common.imaging.containers import jpeg

NOTE = "Its camera's data are not known: the preview inside is shown"
_BEGIN = b"\xff\xd8\xff"
_MOST, _HEAD_BYTES = 64, 1 << 18
_BITS = 8
_TRIED = 3


def previews(data: bytes) -> Iterator[bytes]:
    """The three largest JPEGs of 8 bits in it, the largest first, each with all that follows; of 64 places at
    most.
    """
    found: list[tuple[int, int]] = []
    at = data.find(_BEGIN)
    for _ in range(_MOST):
        if at < 0:
            break
        frame = jpeg.frame(data[at : at + _HEAD_BYTES])
        if frame is not None and frame.bits == _BITS:
            found.append((frame.width * frame.height, at))
        at = data.find(_BEGIN, at + 1)
    for _, at in sorted(found, reverse=True)[:_TRIED]:
        yield data[at:]
