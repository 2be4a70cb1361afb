"""How many cores there are to use."""

import os


def cores() -> int:
    """Cores that this process may use; systems without affinity (macOS) give all of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
