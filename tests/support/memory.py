"""What this process holds of the machine's memory."""

import gc

import psutil

from services.ml.runtime.memory import trim

MB = 1_000_000


def resident() -> int:
    """Bytes, without what is free and only kept."""
    gc.collect()
    trim()
    return int(psutil.Process().memory_info().rss)
