"""The colour of a PNG that stands for transparency (`tRNS`), in the depth of the samples that Pillow gives.

Layout: PNG, third edition, section 11.3.1.1.
"""

_DEPTH_AT = 24
_DEEP = 16

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
