"""Files of the engine are made at their whole length, and are mostly holes."""

import os
from collections.abc import Iterator

PART_BYTES = 1 << 20


def parts_with_data(file: int) -> Iterator[int]:
    """Where each part of PART_BYTES of the file begins that has any data."""
    start = 0
    while True:
        try:
            start = os.lseek(file, start, os.SEEK_DATA)
        except OSError:  # there is none behind it
            return
        yield start
        start += PART_BYTES
